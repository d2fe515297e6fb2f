import {
  type AttemptBudget,
  AttemptBudgetMemory,
  type AttemptLimits,
  type CheckedTicket,
  LocationsMemory,
  ManualClock,
  type NtlmProof,
  parseHomeName,
  systemIds,
} from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { DirectoryCredentials } from '../src/index.ts'

export const domain = 'im.example.com'
export const [alice, bob] = [userUrl(domain, 'alice'), userUrl(domain, 'bob.b')]

/**
 * A directory that counts wrong passwords as Active Directory does: it locks an account at its threshold. Its users are alice, whose
 * account is called aberg, and bob.b.
 */
export class LockingDirectory {
  readonly threshold = 5
  readonly passwords = new Map([
    ['id-alice', 'Password'],
    ['id-bob', 'Geheim'],
  ])
  readonly badCounts = new Map<string, number>()
  readonly asked: string[] = []
  readonly proofs: NtlmProof[] = []
  ticket: CheckedTicket | undefined
  /** What answers to be waited for, or errors. */
  pending: () => Promise<void> = async () => undefined

  get isAnybodyLocked(): boolean {
    return [...this.badCounts.values()].some((count) => count >= this.threshold)
  }

  async checkPassword(id: string, password: string): Promise<boolean> {
    this.asked.push(id)
    await this.pending()
    const isRight = this.passwords.get(id) === password && (this.badCounts.get(id) ?? 0) < this.threshold
    this.badCounts.set(id, isRight ? 0 : (this.badCounts.get(id) ?? 0) + 1)
    return isRight
  }

  async checkNtlm(proof: NtlmProof): Promise<boolean> {
    this.proofs.push(proof)
    await this.pending()
    return true
  }

  async checkTicket(): Promise<CheckedTicket | undefined> {
    await this.pending()
    return this.ticket
  }
}

export async function openDirectory({
  limits = { perAccount: 3, perAddress: 2, windowMs: 1_800_000 },
  kinds = ['passwords', 'ntlm', 'tickets'],
}: {
  limits?: AttemptLimits
  kinds?: readonly ('passwords' | 'ntlm' | 'tickets')[]
} = {}) {
  const clock = new ManualClock()
  const directory = new LockingDirectory()
  const map = new LocationsMemory()
  const home = parseHomeName('hq-1')
  const user = { kind: 'user', home, displayName: 'Somebody' } as const
  const names = ['alice.berg@example.com', 'ab@example.com', 'example\\aberg', 'aberg@ad.example.com']
  await map.put([
    { ...user, node: alice, id: 'id-alice', names },
    { ...user, node: bob, id: 'id-bob', names: ['example\\bob'] },
    { ...user, node: userUrl(domain, 'made-by-hand') },
    { ...user, node: userUrl('im.other.example', 'carol'), id: 'id-carol', names: ['carol@other.example'] },
    { ...user, kind: 'group', node: userUrl(domain, 'team'), id: 'id-team', names: ['team@example.com'] },
  ])
  const budget = new AttemptBudgetMemory(clock)
  const edge = (own: AttemptBudget = budget) =>
    new DirectoryCredentials({
      map,
      budget: own,
      limits: async () => limits,
      clock,
      ids: systemIds,
      realm: domain,
      ntDomain: () => 'EXAMPLE',
      ...Object.fromEntries(kinds.map((kind) => [kind, directory])),
    })
  return { clock, directory, map, budget, edge, credentials: edge() }
}

/** Lets what waits for the clock go on, until `work` is done. */
export async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  done.catch(() => undefined)
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.elapse(10)
  }
  return await done
}
