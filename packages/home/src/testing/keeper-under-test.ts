import { type HandBackAnswer, type HomeLease, HomeLeasesMemory, type HomeName, ManualClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { HomeKeeper, type HomeKeeperOptions } from '../home-keeper.ts'
import type { HomeKeeperEvents } from '../home-keeper-events.ts'
import { InFlight } from '../in-flight.ts'
import type { KeepableHome } from '../kept-home.ts'
import { LeasesConnection } from './leases-connection.ts'
import { settled } from './settled.ts'
import { StoppableClock } from './stoppable-clock.ts'

/** A home that a keeper under test has opened. */
export interface OpenedHome extends KeepableHome {
  readonly requests: InFlight
}

/** Leases that several keepers share, and the time that passes for all of them. */
export class KeepersUnderTest {
  readonly clock = new ManualClock()
  readonly leases = new HomeLeasesMemory(this.clock)
  /** What happened, in order: `ann opens hq-1@1`. */
  readonly log: string[] = []
  readonly #processes = new Map<string, ProcessUnderTest>()

  /** A process named `id`, not started. */
  keeper(
    id: string,
    options: Partial<HomeKeeperOptions<OpenedHome>> & { readonly own?: HomeName[] },
  ): ProcessUnderTest {
    const process = new ProcessUnderTest(this, id, { askBack: (lease) => this.#askBack(lease), ...options })
    this.#processes.set(id, process)
    return process
  }

  async #askBack({ home, epoch, holder }: HomeLease): Promise<HandBackAnswer> {
    const process = this.#processes.get(holder.id)
    if (!process || process.connection.fault === 'hangs') throw new UnavailableError('the holder does not answer')
    return await process.keeper.handBack(home, epoch)
  }

  /** Lets time pass in steps small enough for everybody to answer everybody. */
  async elapse(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.elapse(100)
      await settled()
    }
  }
}

/** One process with a keeper, its own connection to the leases, and its own view of time. */
export class ProcessUnderTest {
  readonly clock: StoppableClock
  readonly connection: LeasesConnection
  readonly keeper: HomeKeeper<OpenedHome>

  constructor(shared: KeepersUnderTest, id: string, options: Partial<HomeKeeperOptions<OpenedHome>>) {
    const log = (text: string): void => void shared.log.push(`${id} ${text}`)
    this.clock = new StoppableClock(shared.clock)
    this.connection = new LeasesConnection(shared.leases)
    this.keeper = new HomeKeeper<OpenedHome>({
      leases: this.connection,
      holder: { id, clusterUrl: `http://${id}.example.com` },
      own: [],
      standbyFor: [],
      clock: this.clock,
      open: async (home, epoch) => {
        log(`opens ${home}@${epoch}`)
        const requests = new InFlight()
        return {
          requests,
          idle: (deadline) => requests.idle(deadline),
          [Symbol.asyncDispose]: async () => log(`closes ${home}@${epoch}`),
        }
      },
      events: eventsTo(log),
      ...options,
    })
  }

  /** The epoch at which it serves the home. */
  serves(home: HomeName): number | undefined {
    return this.keeper.get(home) && this.keeper.held().find((held) => held.home === home)?.epoch
  }
}

function eventsTo(log: (text: string) => void): HomeKeeperEvents {
  return {
    homeTaken: (home, epoch) => log(`holds ${home}@${epoch}`),
    homeElsewhere: () => undefined,
    homeAskedBack: ({ home, epoch }, answer) => log(`asks for ${home}@${epoch}: ${answer ?? 'no answer'}`),
    homeLost: (home, epoch) => log(`loses ${home}@${epoch}`),
    homeHandedOver: (home, epoch) => log(`hands over ${home}@${epoch}`),
    homeOpenFailed: (home) => log(`cannot open ${home}`),
    homeCloseFailed: (home) => log(`cannot close ${home}`),
    homesUnlisted: () => log('cannot list homes'),
    storeAway: () => log('cannot ask the leases'),
    storeBack: () => log('can ask the leases again'),
  }
}
