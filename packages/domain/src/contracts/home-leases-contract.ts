import { describe, expect, it } from 'vitest'
import type { HomeHolder, HomeLease, HomeLeases } from '../home-leases.ts'
import { type HomeName, parseHomeName } from '../home-name.ts'

/** Leases under test, and how to let time pass for them. */
export interface OpenHomeLeases extends AsyncDisposable {
  readonly leases: HomeLeases
  /** A second connection to the same leases; it may be the same object. Both hear of changes from when `open` resolved. */
  readonly other: HomeLeases
  /**
   * Resolves once `ms` have passed where leases run out: whatever was taken or renewed for `ms` or less before the call has
   * run out then. A real server's own clock is asked until it is that late; nobody guesses how long a sleep takes.
   */
  elapse(ms: number): Promise<void>
}

/** Short enough to wait for on a real server. Nothing expects such a lease to be held still. */
const shortMs = 50
/** Runs out in no test. */
const longMs = 600_000

/** What all leases of homes promise; `open` gives some that nobody holds, at any epoch. */
export function homeLeasesContract(open: () => Promise<OpenHomeLeases>): void {
  const home = parseHomeName('hq-1')
  const branch = parseHomeName('oslo-1')
  const ann: HomeHolder = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000', clientUrl: 'http://im1.example.com' }
  const ben: HomeHolder = { id: 'ben-1', clusterUrl: 'https://[2001:db8::2]:9000' }

  describe('HomeLeases contract', () => {
    it('knows no holder at first', async () => {
      await using opened = await open()
      expect(await opened.leases.lease(home)).toBeUndefined()
      expect(await opened.leases.leases()).toEqual([])
    })

    it('shows everybody who took a home, and since which epoch', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const epoch = await take(leases, home, ann)
      const lease: HomeLease = { home, epoch, holder: ann }
      expect(await leases.lease(home)).toEqual(lease)
      expect(await other.lease(home)).toEqual(lease)
    })

    it('gives a home to one holder only, and not twice to the same', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const epoch = await take(leases, home, ann)
      expect(await other.take(home, ben, longMs)).toBeUndefined()
      expect(await leases.take(home, ann, longMs)).toBeUndefined()
      expect(await other.lease(home)).toEqual({ home, epoch, holder: ann })
    })

    it('gives it to one of many who take it at once', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const takes = [leases, other, leases, other].map((each, index) =>
        each.take(home, { ...ann, id: `ann-${index}` }, longMs),
      )
      const epochs = await Promise.all(takes)
      const winner = epochs.findIndex((epoch) => epoch !== undefined)
      expect(epochs.filter((epoch) => epoch !== undefined)).toHaveLength(1)
      expect((await leases.lease(home))?.holder.id).toBe(`ann-${winner}`)
    })

    it('raises the epoch with every take, whether the lease was released or ran out', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const first = await take(leases, home, ann)
      await leases.release(home, first)
      const second = await take(other, home, ben, shortMs)
      await elapse(shortMs)
      const third = await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      const fourth = await take(leases, home, ann)
      expect(first).toBeGreaterThan(0)
      expect(second).toBeGreaterThan(first)
      expect(third).toBeGreaterThan(second)
      expect(fourth).toBeGreaterThan(third)
    })

    it('forgets the holder of a lease that runs out', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      expect(await other.lease(home)).toBeUndefined()
      expect(await other.leases()).toEqual([])
    })

    it('prolongs a lease', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const epoch = await take(leases, home, ann, shortMs)
      expect(await leases.renew(home, ann, epoch, longMs)).toBe(true)
      await elapse(shortMs)
      expect(await other.lease(home)).toEqual({ home, epoch, holder: ann })
      expect(await other.take(home, ben, longMs)).toBeUndefined()
    })

    it('prolongs a lease for as long as the renewal says, not longer', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const epoch = await take(leases, home, ann)
      expect(await leases.renew(home, ann, epoch, shortMs)).toBe(true)
      await elapse(shortMs)
      expect(await other.lease(home)).toBeUndefined()
    })

    it('prolongs a lease that ran out while nobody took the home, at its old epoch', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const epoch = await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      expect(await leases.renew(home, ann, epoch, longMs)).toBe(true)
      expect(await other.lease(home)).toEqual({ home, epoch, holder: ann })
      expect(await other.leases()).toEqual([{ home, epoch, holder: ann }])
      expect(await other.take(home, ben, longMs)).toBeUndefined()
    })

    it('tells who was away that somebody else took the home since, and leaves it to that one', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const old = await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      const epoch = await take(other, home, ben)
      expect(await leases.renew(home, ann, old, longMs)).toBe(false)
      expect(await leases.lease(home)).toEqual({ home, epoch, holder: ben })
    })

    it('tells it also when the next holder is gone again', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      const old = await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      await other.release(home, await take(other, home, ben))
      expect(await leases.renew(home, ann, old, longMs)).toBe(false)
      expect(await leases.lease(home)).toBeUndefined()
    })

    it('shows where a holder is reached from its last renewal on', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const epoch = await take(leases, home, ann)
      const moved: HomeHolder = { id: ann.id, clusterUrl: 'http://192.0.2.9:9000' }
      expect(await leases.renew(home, moved, epoch, longMs)).toBe(true)
      expect(await other.lease(home)).toEqual({ home, epoch, holder: moved })
    })

    it('frees a released home at once; releasing again does no harm', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const epoch = await take(leases, home, ann)
      await leases.release(home, epoch)
      await leases.release(home, epoch)
      expect(await other.lease(home)).toBeUndefined()
      expect(await other.leases()).toEqual([])
      expect(await other.take(home, ben, longMs)).toBeGreaterThan(epoch)
    })

    it('ignores the release of an epoch that is over, or that never was', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const old = await take(leases, home, ann)
      await leases.release(home, old)
      const epoch = await take(other, home, ben)
      await leases.release(home, old)
      await leases.release(branch, 1)
      expect(await leases.lease(home)).toEqual({ home, epoch, holder: ben })
    })

    it('keeps homes apart, and lists those that are held', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const gone = parseHomeName('hq-2')
      const first = await take(leases, home, ann)
      const second = await take(other, branch, ben)
      await leases.release(gone, await take(leases, gone, ann))
      const listed = [...(await leases.leases())].sort((a, b) => (a.home < b.home ? -1 : 1))
      expect(listed).toEqual([
        { home, epoch: first, holder: ann },
        { home: branch, epoch: second, holder: ben },
      ])
    })

    it('tells of a take and of a release, on the connection that made it and on others', async () => {
      await using opened = await open()
      for (const listening of [opened.leases, opened.other]) {
        const taken = told(listening, home)
        const epoch = await take(opened.leases, home, ann)
        await taken
        const released = told(listening, home)
        await opened.leases.release(home, epoch)
        await released
        expect(await listening.lease(home)).toBeUndefined()
      }
    })

    it('tells of a take of a home whose lease ran out', async () => {
      await using opened = await open()
      const { leases, other, elapse } = opened
      await take(leases, home, ann, shortMs)
      await elapse(shortMs)
      const taken = told(leases, home)
      const epoch = await take(other, home, ben)
      await taken
      expect(await leases.lease(home)).toEqual({ home, epoch, holder: ben })
    })

    it('shows the change to whoever asks when told of it', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const seen = told(other, home).then(() => other.lease(home))
      const epoch = await take(leases, home, ann)
      expect(await seen).toEqual({ home, epoch, holder: ann })
    })

    it('tells nothing to a listener that stopped', async () => {
      await using opened = await open()
      const { leases, other } = opened
      const heard: (HomeName | undefined)[] = []
      const listener = (changed: HomeName | undefined): void => void heard.push(changed)
      const stop = other.onChange(listener)
      const stopSecond = other.onChange(listener)
      stop()
      stop()
      stopSecond()
      const taken = told(other, home)
      await take(leases, home, ann)
      await taken
      expect(heard).toEqual([])
    })
  })

  async function take(leases: HomeLeases, which: HomeName, holder: HomeHolder, lifetimeMs = longMs): Promise<number> {
    const epoch = await leases.take(which, holder, lifetimeMs)
    if (epoch === undefined) throw new Error(`${which} is held by somebody`)
    return epoch
  }
}

/** Resolves when a listener made now hears of the home. */
function told(leases: HomeLeases, home: HomeName): Promise<void> {
  return new Promise((resolve) => {
    const stop = leases.onChange((changed) => {
      if (changed !== home) return
      stop()
      resolve()
    })
  })
}
