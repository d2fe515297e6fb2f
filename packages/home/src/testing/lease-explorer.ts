import { whatIsWrong } from './lease-invariants.ts'
import { type Step, stepsOf } from './lease-steps.ts'
import { isServing, normal, type Rules, type World } from './lease-world.ts'

/** What an exploration has found. */
export interface Exploration {
  /** Different worlds visited. */
  readonly worlds: number
  /** Steps tried. */
  readonly steps: number
  /** The first thing that is wrong, and the shortest way there. */
  readonly failure?: { readonly what: string; readonly path: readonly string[] }
}

interface Visit {
  readonly world: World
  readonly from?: Visit
  readonly step?: string
}

/** More steps than any world needs until the home serves again. */
const recoverySteps = 60

/** Goes every way from `first` that is at most `depth` steps long, checks every step, and from every world the way back to service. */
export async function explore(first: World, depth: number, rules: Rules): Promise<Exploration> {
  const start: Visit = { world: normal(first) }
  const visited = new Set([keyOf(start.world)])
  const recovering = new Set<string>()
  let steps = 0
  let level = [start]
  for (let gone = 0; gone < depth && level.length > 0; gone += 1) {
    const next: Visit[] = []
    for (const from of level) {
      for (const { name, next: take } of stepsOf(from.world, rules)) {
        steps += 1
        const after = await take()
        const world = normal(after)
        const visit: Visit = { world, from, step: name }
        const failed = (what: string): Exploration => ({
          worlds: visited.size,
          steps,
          failure: { what, path: pathTo(visit) },
        })
        const wrong = await whatIsWrong(from.world, after, rules)
        if (wrong) return failed(wrong)
        const key = keyOf(world)
        if (visited.has(key)) continue
        visited.add(key)
        next.push(visit)
        if (!(await recovers(world, rules, recovering)))
          return failed(
            world.named
              ? 'the home does not come back to the process that names it'
              : 'the home is not served though nothing more goes wrong',
          )
      }
    }
    level = next
  }
  return { worlds: visited.size, steps }
}

/** Takes steps by their names. */
export async function after(first: World, rules: Rules, ...names: readonly string[]): Promise<World> {
  let world = first
  for (const name of names) world = await theStep(world, rules, name).next()
  return world
}

/**
 * Whether somebody holds the home and writes once no more goes wrong, a process that names it if there is one; worlds that are
 * known to come to that are in `known`.
 */
async function recovers(first: World, rules: Rules, known: Set<string>): Promise<boolean> {
  const path: string[] = []
  for (let world = first; path.length < recoverySteps; ) {
    const key = keyOf(world)
    path.push(key)
    const next = await towardsService(world, rules).next()
    if (known.has(key) || (next.acknowledged.length > world.acknowledged.length && isHome(next))) {
      for (const each of path) known.add(each)
      return true
    }
    world = normal(next)
  }
  return false
}

/** Whether the home is where it belongs. */
function isHome({ named, lease }: World): boolean {
  return !named || (lease !== undefined && named[lease.holder] === true)
}

/**
 * What follows when nothing more goes wrong: every answer arrives, whoever holds the home or thinks so renews and writes, the
 * latest first, and the first process takes a free home.
 */
function towardsService(world: World, rules: Rules): Step {
  const steps = stepsOf(world, rules)
  const pending = steps.find(({ name }) => /starts$|goes on$|carries out|hears of|reads that/.test(name))
  if (pending) return pending
  const asks = steps.find(({ name }) => name.endsWith('asks for the home'))
  const holder = world.lease && world.processes[world.lease.holder]
  const canHandBack = holder && isServing(holder, rules) && holder.asked === undefined && !isHome(world)
  if (asks && canHandBack) return asks
  const latestFirst = [...world.processes.entries()].sort(([, a], [, b]) => b.lease.epoch - a.lease.epoch)
  // A process that names the home asks for it only once it knows that it has lost it.
  for (const [index, process] of world.named ? latestFirst.toReversed() : latestFirst) {
    if (process.phase === 'leaving') return theStep(world, rules, `${index} releases`)
    if (process.phase === 'loading') return theStep(world, rules, `${index} loads`)
    if (process.phase === 'idle') continue
    const isHeld = !world.named || world.lease !== undefined
    const canWrite = isServing(process, rules) && process.lease.epoch === world.epoch && !process.asked && isHeld
    return theStep(world, rules, canWrite ? `${index} writes` : `${index} renews`)
  }
  const taker = world.named?.indexOf(true) ?? 0
  return theStep(world, rules, world.lease ? 'time passes' : `${taker} takes`)
}

function theStep(world: World, rules: Rules, name: string): Step {
  const step = stepsOf(world, rules).find((each) => each.name === name)
  if (!step) throw new Error(`not possible here: ${name}`)
  return step
}

function keyOf(world: World): string {
  return JSON.stringify(world)
}

function pathTo({ from, step }: Visit): string[] {
  return from && step ? [...pathTo(from), step] : []
}
