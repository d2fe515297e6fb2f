import { type DirectoryInspection, type DirectoryOptions, inspectDirectory, LdapServers } from '@parley/adapter-ldap'
import { type Clock, systemClock } from '@parley/domain'
import { aliasOf, domainOf } from '@parley/protocol'
import type { ClusterConfig } from '../cluster-config.ts'
import type { DirectoryConfig } from '../directory-config.ts'
import { directorySettings } from '../directory-settings.ts'
import { type Finding, fail, findingOf, ok, reasonOf, warn } from './finding.ts'

const shownProblems = 20

/** What the directory looks like; `mailDomains` are those of the users who were shown. */
export interface CheckedDirectory {
  readonly findings: readonly Finding[]
  readonly mailDomains: readonly string[]
}

/** Whether `parley sync` can read the directory, and whom it would find there. Nothing is changed. */
export async function checkDirectory(config: ClusterConfig, clock: Clock = systemClock): Promise<CheckedDirectory> {
  const { directory } = config
  if (!directory) return { findings: [], mailDomains: [] }
  let inspection: DirectoryInspection
  let options: DirectoryOptions
  try {
    options = directorySettings(config, directory)
    inspection = await inspectDirectory(options, clock)
  } catch (error) {
    const todo = directory.bind
      ? 'see that a server of directory.servers runs, and what our account may read (docs/directory.md)'
      : 'nobody in particular may not read it: make an account, directory.bind.dn and directory.bind.passwordFile'
    return { findings: [failure(error, todo)], mailDomains: [] }
  }
  const mailDomains = inspection.samples.flatMap(({ mail }) => mail?.split('@')[1]?.toLowerCase() ?? [])
  return {
    findings: [...inspectionFindings(inspection, directory), ...(await checkOtherServers(options, inspection, clock))],
    mailDomains: [...new Set(mailDomains)],
  }
}

/** Every finding of an inspection, each with the setting to change. */
export function inspectionFindings(inspection: DirectoryInspection, directory: DirectoryConfig): readonly Finding[] {
  return [
    ...connectionFindings(inspection),
    ...userFindings(inspection),
    ...clashFindings(inspection),
    ...problemFindings(inspection),
    ...indexFindings(inspection, directory),
    changesFinding(inspection, directory),
  ]
}

function connectionFindings({ server, encrypted, anonymous }: DirectoryInspection): Finding[] {
  const findings: Finding[] = []
  if (!encrypted) {
    const what = `${server} is spoken to in clear text: passwords and people cross the network readable`
    findings.push(
      warn(what, 'directory.servers: ldaps://…, or directory.startTls: true; and no directory.insecureClearText'),
    )
  }
  if (anonymous) {
    const what = `${server} is read by nobody in particular (anonymous), so everybody on the network may read it`
    findings.push(warn(what, 'make an account for Parley: directory.bind.dn and directory.bind.passwordFile'))
  }
  return findings.length > 0 ? findings : [ok(`${server} answers, encrypted, and lets our account in`)]
}

function userFindings({ server, matches, isWhole, off, samples, groups }: DirectoryInspection): Finding[] {
  if (matches === 0) {
    return [
      fail(
        `${server} has nobody who may use IM`,
        'correct directory.filter or directory.base; or may our account read no users?',
      ),
    ]
  }
  const count = `${matches}${isWhole ? '' : ' or more'} entries fit the filter`
  const disabled = off === 0 ? '' : `, of which ${off} are disabled or have expired`
  const nodes = groups === undefined ? '' : `; ${groups} groups become group nodes`
  const empty = groups === 0 ? [warn('no group fits directory.groups.filter', 'correct directory.groups.filter')] : []
  return [ok(`${count}${disabled}${nodes}`), ...samples.map((user) => ok(`for instance ${described(user)}`)), ...empty]
}

function described({
  node,
  displayName,
  names,
  unit,
  home,
  attributes,
}: DirectoryInspection['samples'][number]): string {
  const more = [
    `may sign in as ${names.join(', ')}`,
    ...Object.entries(attributes).map(([name, value]) => `${name} ${value}`),
    ...(home === undefined ? [] : [`home ${home}`]),
    ...(unit === undefined ? [] : [`in ${unit}`]),
  ]
  return `${displayName}, ${aliasOf(node)}@${domainOf(node)}: ${more.join('; ')}`
}

function clashFindings({ clashes }: DirectoryInspection): Finding[] {
  return clashes
    .slice(0, shownProblems)
    .map(({ node, origins }) =>
      warn(
        `${origins.join(' and ')} both claim ${node}; of two new ones neither gets it`,
        'give one of them another alias, or choose another attribute with directory.attributes.alias',
      ),
    )
}

function problemFindings({ problems, problemCount }: DirectoryInspection): Finding[] {
  const findings = problems.slice(0, shownProblems).map(({ origin, what }) => {
    const finding = findingOf('warn', what, 'mend the entry')
    return { ...finding, what: `${origin}: ${finding.what}` }
  })
  const more = problemCount - findings.length
  return more > 0
    ? [...findings, warn(`${more} more entries have problems`, 'parley sync --dry-run names them')]
    : findings
}

/** NOTE: Active Directory keeps links, and classes by objectCategory, in tables of their own, without a flag in the schema. */
const linked = new Set(['member', 'memberof', 'objectclass'])

function indexFindings({ indexes }: DirectoryInspection, { preset }: DirectoryConfig): Finding[] {
  const isActiveDirectory = preset === 'active-directory' || preset === 'exchange-2000'
  const of = (indexed: 'no' | 'unknown') =>
    indexes.flatMap((index) =>
      index.indexed === indexed && !(isActiveDirectory && linked.has(index.attribute.toLowerCase()))
        ? index.attribute
        : [],
    )
  const [absent, unknown] = [of('no'), of('unknown')]
  const todo = (attributes: readonly string[]) =>
    isActiveDirectory
      ? `set bit 1 of searchFlags of ${attributes.join(', ')} in the schema, or ask for something else in directory.filter`
      : `on the directory server: olcDbIndex: ${attributes.join(',')} eq; or ask for something else in directory.filter`
  return [
    ...(absent.length > 0
      ? [
          warn(
            `the directory is searched by ${absent.join(', ')}, which has no index: each search reads every entry`,
            todo(absent),
          ),
        ]
      : []),
    ...(unknown.length > 0
      ? [ok(`whether ${unknown.join(', ')} have an index, our account cannot see: see that they do`)]
      : []),
  ]
}

function changesFinding({ changes, server }: DirectoryInspection, { preset, fullReadHours }: DirectoryConfig): Finding {
  const { followed, missesDeletions } = changes
  if (!followed) {
    return warn('changes are not followed: everything is read each time', 'leave directory.changes at auto')
  }
  if (!missesDeletions) return ok(`${server} tells of all changes, deletions among them`)
  const todo =
    preset === 'openldap'
      ? 'load the overlay syncprov with a session log (docs/directory.md), and leave directory.changes at auto'
      : 'let our account read the container of deleted objects (docs/directory.md)'
  return warn(`deletions are noticed only once in ${fullReadHours} h (directory.fullReadHours)`, todo)
}

/** NOTE: without signing in: a wrong password that every server is told would lock our account. */
async function checkOtherServers(
  options: DirectoryOptions,
  { server }: DirectoryInspection,
  clock: Clock,
): Promise<readonly Finding[]> {
  const others = options.servers.filter((url) => url !== server)
  return await Promise.all(
    others.map(async (url) => {
      try {
        await using _ = await new LdapServers({ ...options, servers: [url] }, clock).open()
        return ok(`${url} answers, too`)
      } catch (error) {
        return { ...failure(error, 'see that it runs, or take it out of directory.servers'), level: 'warn' as const }
      }
    }),
  )
}

/** What our adapter says names the settings in quotes, below "directory", or says at its end what to do. */
function failure(error: unknown, otherwise: string): Finding {
  const reason = reasonOf(error).replace(/^no server of the directory can be used: /, '')
  const settings = [...reason.matchAll(/"([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*)"/g)].map(([, name = '']) => name)
  if (settings.length > 0) {
    const names = new Set(settings.map((name) => (name.startsWith('directory') ? name : `directory.${name}`)))
    return fail(reason, `correct ${[...names].join(' or ')} in the configuration`)
  }
  const [, what, todo] = /^(.*): ((?:check|lower|name|raise|renew|use|write)\b.*)$/.exec(reason) ?? []
  return what === undefined || todo === undefined ? fail(reason, otherwise) : fail(what, todo)
}
