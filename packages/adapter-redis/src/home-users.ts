import type { HomeName, NodeLocation } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { nodePart } from './keys.ts'
import type { RedisConnection } from './redis-connection.ts'
import { homeOf } from './stored-names.ts'

/** Which users may be at which home. It lacks none; whoever reads it looks at the entries. */
export class HomeUsers {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async add(locations: readonly NodeLocation[]): Promise<void> {
    const users = locations.filter(({ kind }) => kind === 'user')
    const byHome = Map.groupBy(users, ({ home }) => home)
    await Promise.all(
      [...byHome].map(([home, those]) => {
        const key = this.#connection.keys.users(home)
        return this.#connection.run(key, (client) => client.sadd(key, ...those.map(({ node }) => nodePart(node))))
      }),
    )
  }

  /** The home that may have the user, if there is only one. */
  async onlyHomeOf(node: LogicalUrl): Promise<HomeName | undefined> {
    const { keys } = this.#connection
    const names = await this.#connection.run(keys.homes, (client) => client.smembers(keys.homes))
    const homes = names.map(homeOf).filter((home) => home !== undefined)
    const found = await Promise.all(
      homes.map(async (home) => {
        const key = keys.users(home)
        const isThere = await this.#connection.run(key, (client) => client.sismember(key, nodePart(node)))
        return isThere === 1 ? [home] : []
      }),
    )
    const [only, another] = found.flat()
    return another === undefined ? only : undefined
  }

  /** Whether it was there. */
  async remove(home: HomeName, node: LogicalUrl): Promise<boolean> {
    const key = this.#connection.keys.users(home)
    return (await this.#connection.run(key, (client) => client.srem(key, nodePart(node)))) > 0
  }
}
