import { wouldAccept } from './lease-truth.ts'
import { isServing, type Rules, type World } from './lease-world.ts'

/** What is wrong with a step, and with the world that it leads to; undefined when all is as it must be. */
export async function whatIsWrong(before: World, after: World, rules: Rules): Promise<string | undefined> {
  if (after.epoch < before.epoch) return 'an epoch came again'
  const taken = after.lease && (after.lease.holder !== before.lease?.holder || after.epoch !== before.epoch)
  if (taken && before.lease && before.epoch !== after.epoch) return 'a home was taken that somebody held'
  if (after.stored !== before.stored && after.writtenAt < after.epoch && wasWritten(before, after)) {
    return 'a write of an old epoch was accepted after a newer take'
  }
  if (!contains(after.stored, after.acknowledged)) return 'an acknowledged change is lost'
  for (const [index, { asked, lease }] of after.processes.entries()) {
    if (asked === undefined) continue
    if (after.named?.[index]) return 'a process that names the home hands it over because it is asked'
    if (asked !== lease.epoch) return 'a home is handed over that an earlier holder was asked for'
  }
  const serving = after.processes.filter((process) => isServing(process, rules))
  for (const { lease, cutOff, memory } of serving) {
    if (lease.epoch !== after.epoch && !cutOff) return 'a process serves what somebody else took, and could have known'
    if (lease.epoch === after.epoch && !contains(memory, after.acknowledged))
      return 'a holder does not know what was acknowledged'
  }
  if (serving.length < 2) return undefined
  const writers = await Promise.all(serving.map(({ lease }) => wouldAccept(after, lease.epoch, rules.fenced)))
  return writers.filter(Boolean).length > 1 ? 'two processes serve the home, and both can write' : undefined
}

function wasWritten(before: World, after: World): boolean {
  return after.processes.some(
    ({ storeCall }, index) =>
      storeCall?.kind === 'write' && storeCall.answer === 'done' && !before.processes[index]?.storeCall?.answer,
  )
}

function contains<Item>(all: readonly Item[], some: readonly Item[]): boolean {
  return some.every((item) => all.includes(item))
}
