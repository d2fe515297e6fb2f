import {
  CorruptStoreError,
  type Epoch,
  type HomeName,
  type NodeChange,
  type NodeStore,
  StaleEpochError,
  type StoredNode,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { nodeOfPart, nodePart } from './keys.ts'
import {
  headField,
  propertyField,
  readNode,
  subscriptionField,
  viewField,
  writeHead,
  writeProperty,
  writeSubscription,
  writeView,
} from './node-fields.ts'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'
import { script } from './script.ts'

/**
 * Applies changes of one node unless a newer epoch is known, or a newer attempt of this one. KEYS: epoch, attempt, index of nodes, the
 * node. ARGV: epoch, attempt, the node in the index, then three for each change: what to do, field, value.
 *
 * NOTE: a command that fails would leave what was done before it. Here only the first on a key can fail, on account of its type, and
 * the first ones touch nothing of worth. An attempt of another epoch says nothing: only the epoch's own key rules between epochs.
 */
const commitScript = script(`
local stored = redis.call('GET', KEYS[1])
if not stored then return 'none' end
local newest = tonumber(stored)
if not newest then return redis.error_reply('PARLEY epoch') end
if newest > tonumber(ARGV[1]) then return stored end
local last = redis.call('GET', KEYS[2])
if last then
  local epoch, attempt = string.match(last, '^(%d+):(%d+)$')
  if not epoch then return redis.error_reply('PARLEY attempt') end
  if tonumber(epoch) == tonumber(ARGV[1]) and tonumber(attempt) > tonumber(ARGV[2]) then return 'late' end
end
if newest < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
local this = ARGV[1] .. ':' .. ARGV[2]
if last ~= this then redis.call('SET', KEYS[2], this) end
redis.call('SADD', KEYS[3], ARGV[3])
for i = 4, #ARGV, 3 do
  if ARGV[i] == 'put' then redis.call('HSET', KEYS[4], ARGV[i + 1], ARGV[i + 2])
  elseif ARGV[i] == 'remove' then redis.call('HDEL', KEYS[4], ARGV[i + 1])
  else redis.call('DEL', KEYS[4]) end
end
if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('SREM', KEYS[3], ARGV[3]) end
return 'ok'
`)

const nodesAtOnce = 500
const mendHint =
  'stop the processes that may hold the home, keep a copy of the key, and restore it from a backup of Redis or delete what is wrong'

/**
 * The node store of one home. Each commit is one script, which compares the epoch and changes the node in one step: a holder that was
 * paused cannot write once another one has taken the home (design.md, "Holding a home").
 *
 * A commit whose answer never came rejects, and may have been done all the same, or may be done later: its bytes may reach Redis after
 * those of a newer connection. So commits are numbered by attempts, and one that fails ends the attempt: once a commit of the next one
 * is done, Redis refuses what is left of those before. Attempts count within an epoch, and one store makes all commits of an epoch.
 */
export class NodeStoreRedis implements NodeStore {
  readonly #connection: RedisConnection
  readonly #home: HomeName
  /** The newest commit of each node that has one under way; these never reject. */
  readonly #tails = new Map<LogicalUrl, Promise<void>>()
  /** Grows with each commit that fails, before the next one of the same node is sent. */
  #attempt = 0

  constructor(connection: RedisConnection, home: HomeName) {
    this.#connection = connection
    this.#home = home
  }

  async *load(): AsyncIterable<StoredNode> {
    const index = this.#connection.keys.nodes(this.#home)
    const seen = new Set<string>()
    let next: Promise<[string, StoredNode[]]> | undefined = this.#loadPage(index, '0', seen)
    while (next) {
      const [cursor, nodes]: [string, StoredNode[]] = await next
      // While the caller works on these, the next ones are on their way.
      next = cursor === '0' ? undefined : this.#loadPage(index, cursor, seen)
      next?.catch(() => undefined)
      yield* nodes
    }
  }

  /**
   * NOTE: commits of one node wait for each other, since a Cluster may send a command again to another server, and a script that Redis
   * has forgotten is sent again. Commits of different nodes go out at once, over one connection.
   */
  commit(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    const tail = this.#tails.get(node)
    const work = tail ? tail.then(() => this.#apply(node, changes, epoch)) : this.#apply(node, changes, epoch)
    const settled = work
      .then(undefined, () => undefined)
      .then(() => {
        if (this.#tails.get(node) === settled) this.#tails.delete(node)
      })
    this.#tails.set(node, settled)
    return work
  }

  async #apply(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    try {
      await this.#send(node, changes, epoch)
    } catch (error) {
      // NOTE: also when it surely was not done, which does no harm.
      this.#attempt += 1
      throw error
    }
  }

  async #send(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    const { keys } = this.#connection
    const home = this.#home
    const answer = await this.#connection.write(
      commitScript,
      [keys.epoch(home), keys.attempt(home), keys.nodes(home), keys.node(home, node)],
      [epoch, this.#attempt, nodePart(node), ...changes.flatMap(steps)],
    )
    if (answer === 'ok') return
    if (answer === 'late') throw unavailable(`a write of home ${home} reached Redis too late: newer ones are done`)
    if (answer === 'none')
      throw unavailable(`Redis knows no epoch of home ${home}: nobody has taken it, or Redis has lost its data`)
    throw new StaleEpochError(`epoch ${epoch} of home ${home} is older than ${String(answer)}`)
  }

  async #loadPage(index: string, cursor: string, seen: Set<string>): Promise<[string, StoredNode[]]> {
    const [next, parts] = await this.#connection.run(index, (client) =>
      client.sscan(index, cursor, 'COUNT', nodesAtOnce),
    )
    // A scan may name a member twice.
    const fresh = [...new Set(parts)].filter((part) => !seen.has(part))
    for (const part of fresh) seen.add(part)
    const nodes = await Promise.all(fresh.map((part) => this.#loadNode(index, part)))
    return [next, nodes.filter((node) => node !== undefined)]
  }

  async #loadNode(index: string, part: string): Promise<StoredNode | undefined> {
    const node = nodeOfPart(part)
    if (!node) throw corrupt(index, 'a member names no node')
    const key = this.#connection.keys.node(this.#home, node)
    const fields = await this.#connection.run(key, (client) => client.hgetall(key))
    if (Object.keys(fields).length === 0) {
      if (await this.#connection.run(index, (client) => client.sismember(index, part))) throw corrupt(key, 'it is gone')
      return undefined
    }
    return readNode(node, fields, (field) => {
      throw corrupt(key, `its field "${field}" has no known form`)
    })
  }
}

function steps(change: NodeChange): string[] {
  switch (change.kind) {
    case 'put-head':
      return ['put', headField, writeHead(change.head)]
    case 'put-subscription':
      return ['put', subscriptionField(change.subscription.id), writeSubscription(change.subscription)]
    case 'remove-subscription':
      return ['remove', subscriptionField(change.id), '']
    case 'put-view':
      return ['put', viewField(change.view.id), writeView(change.view)]
    case 'remove-view':
      return ['remove', viewField(change.id), '']
    case 'put-property':
      return ['put', propertyField(change.property.name), writeProperty(change.property)]
    case 'remove-property':
      return ['remove', propertyField(change.name), '']
    case 'remove-node':
      return ['clear', '', '']
  }
}

function corrupt(key: string, why: string): CorruptStoreError {
  return new CorruptStoreError(`the key "${key}" in Redis cannot be read: ${why}; ${mendHint}`)
}
