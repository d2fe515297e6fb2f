import type { SyncStore } from '@parley/domain'
import { type Finding, findingOf, ok, warn } from './finding.ts'

const shownProblems = 20

export interface SyncCheckDeps {
  readonly store: Pick<SyncStore, 'holder' | 'state' | 'problems' | 'waiting' | 'switchedOff'>
  /** Of the directory as it is configured now; undefined when it cannot be told. */
  readonly fingerprint: string | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** How `parley sync` did: whether it ran, what it could not use, and who waits for a name. */
export async function checkSync({ store, fingerprint, now }: SyncCheckDeps): Promise<readonly Finding[]> {
  const [holder, state, problems, waiting, off] = await Promise.all([
    store.holder(),
    store.state(),
    store.problems(),
    store.waiting(),
    store.switchedOff(),
  ])
  if (!state) {
    return [
      warn(
        'parley sync has not read the directory yet: its users are unknown to the cluster',
        'look first, with parley sync --config FILE --dry-run, then parley sync --config FILE --once',
      ),
    ]
  }
  const { users, groups, fullReadAt, changedAt } = state
  const summary = `the directory map has ${users} users and ${groups} groups; all were read ${ago(now - fullReadAt)}, the last changes ${ago(now - changedAt)}`
  const follows =
    holder === undefined
      ? warn(
          'no parley sync runs now: nobody follows the changes of the directory',
          'keep parley sync --config FILE running',
        )
      : ok(`changes of the directory are followed by ${holder}`)
  const findings = [ok(summary), follows]
  if (fingerprint !== undefined && fingerprint !== state.fingerprint) {
    findings.push(
      warn(
        '"directory" has been changed since parley sync read it: the next run reads everything',
        'parley sync --config FILE --dry-run tells what that would change',
      ),
    )
  }
  if (off.size > 0) findings.push(ok(`${off.size} users are switched off by hand, whatever the directory says`))
  const all = [...waiting.map(({ problem }) => problem), ...problems]
  const distinct = [...new Map(all.map((problem) => [`${problem.origin} ${problem.what}`, problem])).values()]
  for (const { origin, what } of distinct.slice(0, shownProblems)) {
    const finding = findingOf('warn', what, 'mend the entry in the directory')
    findings.push({ ...finding, what: `${origin}: ${finding.what}` })
  }
  const more = distinct.length - shownProblems
  if (more > 0) findings.push(warn(`${more} more entries cannot be used as they are`, 'parley status --config FILE'))
  return findings
}

function ago(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000)
  if (minutes < 1) return 'less than a minute ago'
  if (minutes < 120) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`
}
