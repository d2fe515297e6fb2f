import {
  type Epoch,
  HomeLeasesMemory,
  ManualClock,
  type NodeStore,
  NodeStoreMemory,
  parseHomeName,
  StaleEpochError,
} from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { type Call, lifetimeTicks, type World, type WriteId } from './lease-world.ts'

const tickMs = 1_000
const home = parseHomeName('hq-1')
const node = userUrl('im.example.com', 'alice')
const holders = [0, 1].map((index) => ({ id: `process-${index}`, clusterUrl: `http://192.0.2.${index}:9000` }))

/** Carries a call of a process out on real leases and a real store, put into the state that `world` says. */
export async function carryOut(
  world: World,
  index: number,
  call: Call,
  fenced: boolean,
): Promise<{ world: World; call: Call }> {
  const leases = new HomeLeasesMemory(new ManualClock())
  const store = new NodeStoreMemory(fenced ? () => leases.epoch(home) : undefined)
  if (world.writtenAt > 0) await write(store, world.stored, world.writtenAt)
  await restoreLeases(leases, world)
  const holder = holders[index] ?? { id: '', clusterUrl: '' }
  const lifetimeMs = lifetimeTicks * tickMs
  let { epoch, value } = call
  let done = true
  switch (call.kind) {
    case 'take':
      epoch = (await leases.take(home, holder, lifetimeMs)) ?? 0
      done = epoch > 0
      break
    case 'renew':
      done = await leases.renew(home, holder, epoch, lifetimeMs)
      break
    case 'release':
      await leases.release(home, epoch)
      break
    case 'load':
      value = await read(store)
      break
    case 'write':
      done = await write(store, value, epoch)
      break
  }
  const prolonged = done && (call.kind === 'take' || call.kind === 'renew')
  const lease = await leases.lease(home)
  const held = lease && { holder: holders.findIndex(({ id }) => id === lease.holder.id), left: world.lease?.left ?? 0 }
  return {
    world: {
      ...world,
      epoch: leases.epoch(home),
      lease: held && prolonged ? { ...held, left: lifetimeTicks } : held,
      stored: await read(store),
      writtenAt: call.kind === 'write' && done ? epoch : world.writtenAt,
    },
    call: { ...call, epoch, value, answer: done ? 'done' : 'refused' },
  }
}

/** Whether the store would accept what a process writes. */
export async function wouldAccept(world: World, epoch: Epoch, fenced: boolean): Promise<boolean> {
  const leases = new HomeLeasesMemory(new ManualClock())
  const store = new NodeStoreMemory(fenced ? () => leases.epoch(home) : undefined)
  if (world.writtenAt > 0) await write(store, world.stored, world.writtenAt)
  await restoreLeases(leases, world)
  return write(store, [], epoch)
}

async function restoreLeases(leases: HomeLeasesMemory, { epoch, lease }: World): Promise<void> {
  for (let taken = 1; taken <= epoch; taken += 1) {
    const holder = holders[lease?.holder ?? 0] ?? { id: '', clusterUrl: '' }
    await leases.take(home, holder, (lease?.left ?? 0) * tickMs)
    if (taken < epoch || !lease) await leases.release(home, taken)
  }
}

async function write(store: NodeStore, value: readonly WriteId[], epoch: Epoch): Promise<boolean> {
  const property = { name: '{urn:x}changes', xml: value.join(' ') }
  try {
    await store.commit(node, [{ kind: 'put-property', property }], epoch)
    return true
  } catch (err) {
    if (err instanceof StaleEpochError) return false
    throw err
  }
}

async function read(store: NodeStore): Promise<WriteId[]> {
  const [stored] = await Array.fromAsync(store.load())
  const text = stored?.properties[0]?.xml ?? ''
  return text === '' ? [] : text.split(' ').map(Number)
}
