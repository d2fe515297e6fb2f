import type { DirectoryUser } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { clusterStatus, type HomeStatus } from '../cluster-status.ts'
import { type Finding, fail, findingOf, ok, warn } from './finding.ts'

/** Each home: held, and its holder can be reached from here and is well. */
export async function checkHomes(parts: Parameters<typeof clusterStatus>[0]): Promise<readonly Finding[]> {
  const homes = await clusterStatus(parts)
  if (homes.length === 0) return [warn('there is no home yet', 'parley home --config FILE --name NAME')]
  const findings = homes.flatMap(checkHome)
  // Several homes of one process share what is wrong with it.
  return findings.filter(({ what }, at) => findings.findIndex((other) => other.what === what) === at)
}

function checkHome({ home, holder, users, online, degraded }: HomeStatus): Finding[] {
  if (holder === undefined) {
    const level = users > 0 ? 'fail' : 'warn'
    return degraded.map((text) => findingOf(level, text, `fine if ${home} is not needed any more`))
  }
  if (online === undefined && degraded.length > 0) {
    const todo =
      'let the processes of the cluster connect to each other: the firewall, cluster.listen, --advertise, cluster.keys'
    return degraded.map((what) => fail(`${home} cannot be asked from here: ${what}`, todo))
  }
  const held = ok(`${home} is held by ${holder}: ${users} users, ${online ?? 0} online`)
  return [held, ...degraded.map((text) => findingOf('warn', `${holder} says that ${text}`, 'see its log'))]
}

const maxNames = 5

/** Whether the directory map has the users of the users file, and no others. */
export async function checkMap(
  users: readonly DirectoryUser[],
  { map }: Pick<Parameters<typeof clusterStatus>[0], 'map'>,
): Promise<readonly Finding[]> {
  const inFile = new Set(users.map(({ node }) => node))
  const inMap = new Set<LogicalUrl>()
  for await (const { kind, node } of map.all()) if (kind === 'user') inMap.add(node)
  const absent = [...inFile.difference(inMap)]
  const left = [...inMap.difference(inFile)]
  const todo = 'parley sync --config FILE --once, or keep "parley sync" running'
  if (absent.length + left.length === 0) return [ok(`the directory map has the ${inFile.size} enabled users`)]
  return [
    ...(absent.length > 0
      ? [warn(`not in the directory map, so unknown to the cluster: ${namesOf(absent)}`, todo)]
      : []),
    ...(left.length > 0
      ? [warn(`in the directory map, but not enabled in the users file: ${namesOf(left)}`, todo)]
      : []),
  ]
}

function namesOf(nodes: readonly LogicalUrl[]): string {
  return nodes.slice(0, maxNames).join(', ') + (nodes.length > maxNames ? ` and ${nodes.length - maxNames} more` : '')
}
