import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { HomeBeat, StatusChange } from '@parley/domain'
import { parseHomeName } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import { natsConfig, StatusBusNats } from '../src/index.ts'
import { EventRecord } from './event-record.ts'

export const alice = userUrl('im.example.com', 'alice')
export const bob = userUrl('im.example.com', 'bob')
export const aliceSubject = 'parley.status.im,example,com.alice'
export const oslo = parseHomeName('oslo-1')

export function change(sequence: number, node: LogicalUrl = alice): StatusChange {
  return { node, epoch: 1, sequence, state: 'busy' }
}

export function beat(published: number): HomeBeat {
  return { from: parseHomeName('hq-1'), epoch: 1, published, change: 40 }
}

/** A bus of one process, and what it told of itself. */
export class BusUnderTest implements AsyncDisposable {
  readonly bus: StatusBusNats
  readonly events: EventRecord
  /** How often it told that something may be lost. */
  losses = 0

  private constructor(bus: StatusBusNats, events: EventRecord) {
    this.bus = bus
    this.events = events
    bus.onLoss(() => {
      this.losses += 1
    })
  }

  static async open(
    url: string,
    config: Partial<Parameters<typeof natsConfig.parse>[0] & object> = {},
  ): Promise<BusUnderTest> {
    const events = new EventRecord()
    const bus = await StatusBusNats.connect(natsConfig.parse({ servers: [url], ...config }), { events })
    return new BusUnderTest(bus, events)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus[Symbol.asyncDispose]()
  }
}

/** Resolves once what `publisher` has sent has reached `watcher`, and each of its watches is in effect. */
export async function settled(publisher: StatusBusNats, watcher: StatusBusNats): Promise<void> {
  await watcher.flush()
  await publisher.flush()
  await watcher.flush()
}

/** Anybody who can connect; it does not come back. */
export async function rawClient(url: string, user?: { user: string; pass: string }): Promise<NatsConnection> {
  return await connect({ servers: url.replace('nats://', ''), reconnect: false, ...user })
}

/** Reads a page of the server's monitor again and again until `fits`. */
export async function monitored<Page>(url: string, fits: (page: Page) => boolean): Promise<Page> {
  for (;;) {
    const answer = await fetch(url)
    const page = (await answer.json()) as Page
    if (fits(page)) return page
  }
}

/** A connection as the monitor's `/connz?subs=1` shows it. */
export interface MonitoredConnection {
  readonly name: string
  readonly in_msgs: number
  readonly out_msgs: number
  readonly subscriptions_list?: readonly string[]
}

/** The connection named `name`, once it `fits`. */
export async function connectionNamed(
  monitorUrl: string,
  name: string,
  fits: (connection: MonitoredConnection) => boolean,
): Promise<MonitoredConnection> {
  const page = await monitored<{ connections: MonitoredConnection[] }>(
    `${monitorUrl}/connz?subs=1`,
    ({ connections }) => connections.some((connection) => connection.name === name && fits(connection)),
  )
  return page.connections.find((connection) => connection.name === name) as MonitoredConnection
}
