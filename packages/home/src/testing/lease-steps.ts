import type { LeaseState } from '../lease-state.ts'
import { carryOut } from './lease-truth.ts'
import {
  type Call,
  idleProcess,
  isServing,
  lifetimeTicks,
  type Process,
  type Rules,
  type World,
  type WriteId,
  withProcess,
} from './lease-world.ts'

/** Something that may happen next. */
export interface Step {
  readonly name: string
  readonly next: () => World | Promise<World>
}

/** Everything that may happen in `world`. */
export function stepsOf(world: World, rules: Rules): Step[] {
  return [
    ...world.processes.flatMap((process, index) => [
      ...(process.paused ? [] : ownSteps(world, process, index, rules)),
      ...pauseSteps(world, process, index),
      ...carryOutSteps(world, process, index, rules),
    ]),
    { name: 'time passes', next: () => tick(world) },
    ...storeSteps(world),
    ...requestSteps(world, rules),
  ]
}

/** What a process does by itself: the calls that it makes, and what it makes of answers. */
function ownSteps(world: World, process: Process, index: number, rules: Rules): Step[] {
  const { phase, leaseCall, storeCall, lease, memory } = process
  const call = (kind: Call['kind'], more: Partial<Call> = {}): Call => ({
    kind,
    epoch: lease.epoch,
    sentAt: 0,
    value: [],
    ...(world.up ? {} : { answer: 'unanswered' }),
    ...more,
  })
  const steps: Step[] = []
  const may = (name: string, change: Partial<Process>): void =>
    void steps.push({ name: `${index} ${name}`, next: () => withProcess(world, index, change) })
  if (leaseCall?.answer) {
    steps.push({
      name: `${index} hears of its ${leaseCall.kind}`,
      next: () => hearLease(world, index, leaseCall, rules),
    })
  }
  if (storeCall?.answer) {
    steps.push({ name: `${index} hears of its ${storeCall.kind}`, next: () => hearStore(world, index, storeCall) })
  }
  if (!leaseCall && phase === 'idle') may('takes', { leaseCall: call('take', { epoch: 0 }) })
  if (!leaseCall && phase !== 'idle') may('renews', { leaseCall: call('renew') })
  if (!storeCall && phase === 'loading') may('loads', { storeCall: call('load') })
  if (!storeCall && isServing(process, rules)) {
    const adds = newChange(world)
    may('writes', { storeCall: call('write', { adds, value: [...memory, adds] }) })
  }
  if (phase === 'holding') may('leaves', { phase: 'leaving' })
  if (phase === 'leaving' && !leaseCall && !storeCall) may('releases', { leaseCall: call('release') })
  return steps
}

function hearLease(world: World, index: number, call: Call, rules: Rules): World {
  const heard = withProcess(world, index, { leaseCall: undefined })
  const done = call.answer === 'done'
  switch (call.kind) {
    case 'take':
      if (!done) return heard
      return withProcess(heard, index, {
        phase: 'loading',
        lease: rules.leaseTaken(call.epoch, call.sentAt, lifetimeTicks),
        cutOff: false,
        memory: [],
      })
    case 'renew': {
      const { lease, storeCall, cutOff, asked } = heard.processes[index] ?? idleProcess
      const outcome = done ? 'kept' : call.answer === 'refused' ? 'lost' : 'unanswered'
      const renewed = rules.leaseRenewed(lease, outcome, call.sentAt, lifetimeTicks)
      if (renewed.lost) return withProcess(heard, index, { ...idleProcess, storeCall })
      const change = { lease: renewed, cutOff: isCutOff(call, cutOff, lease, renewed), asked: undefined }
      const handsOver =
        asked !== undefined && done && isServing({ ...(heard.processes[index] ?? idleProcess), ...change }, rules)
      return withProcess(heard, index, { ...change, ...(handsOver && { phase: 'leaving' }) })
    }
    default:
      return withProcess(heard, index, idleProcess)
  }
}

/** Whether a process serves by a renewal that nobody answered, after it heard of this one. */
function isCutOff({ answer, sentAt }: Call, before: boolean, lease: LeaseState, renewed: LeaseState): boolean {
  if (answer === 'unanswered') return before || renewed.serveUntil > lease.serveUntil
  return answer === 'done' && before && renewed.serveUntil > sentAt + lifetimeTicks
}

function hearStore(world: World, index: number, call: Call): World {
  const heard = withProcess(world, index, { storeCall: undefined })
  const { phase, lease, memory } = heard.processes[index] ?? idleProcess
  if (call.answer !== 'done') return heard
  if (call.kind === 'load') {
    // Read for a lease that was lost, or lost and taken again, meanwhile.
    if (phase !== 'loading' || call.epoch !== lease.epoch) return heard
    return withProcess(heard, index, { phase: 'holding', memory: call.value })
  }
  const adds = call.adds === undefined ? [] : [call.adds]
  const acknowledged = { ...heard, acknowledged: [...heard.acknowledged, ...adds] }
  // A change of an earlier take is in what was loaded since.
  if (phase === 'idle' || phase === 'loading' || call.epoch !== lease.epoch) return acknowledged
  return withProcess(acknowledged, index, { memory: [...memory, ...adds] })
}

/** One process is stopped at a time; what it has sent goes on without it. */
function pauseSteps(world: World, { paused }: Process, index: number): Step[] {
  if (paused) return [{ name: `${index} goes on`, next: () => withProcess(world, index, { paused: false }) }]
  if (world.processes.some((other) => other.paused)) return []
  return [{ name: `${index} is stopped`, next: () => withProcess(world, index, { paused: true }) }]
}

function carryOutSteps(world: World, process: Process, index: number, rules: Rules): Step[] {
  if (!world.up) return []
  return (['leaseCall', 'storeCall'] as const).flatMap((slot) => {
    const call = process[slot]
    if (!call || call.answer) return []
    const next = async (): Promise<World> => {
      const outcome = await carryOut(world, index, call, rules.fenced)
      return withProcess(outcome.world, index, { [slot]: outcome.call })
    }
    return [{ name: `the store carries out the ${call.kind} of ${index}`, next }]
  })
}

/** The store stops, with or without the answers that were under way, and starts again with all that it has stored. */
function storeSteps(world: World): Step[] {
  if (!world.up) return [{ name: 'the store starts', next: () => ({ ...world, up: true }) }]
  const stopped = (keepsAnswers: boolean): World => {
    const broken = (call: Call | undefined): Call | undefined =>
      call && (keepsAnswers && call.answer ? call : { ...call, answer: 'unanswered' })
    const processes = world.processes.map((process) => ({
      ...process,
      leaseCall: broken(process.leaseCall),
      storeCall: broken(process.storeCall),
    }))
    return { ...world, up: false, processes }
  }
  return [
    { name: 'the store stops after it has answered', next: () => stopped(true) },
    { name: 'the store stops before its answers arrive', next: () => stopped(false) },
  ]
}

/** A process that names the home asks the other one for it; the request may come late, or never. */
function requestSteps(world: World, rules: Rules): Step[] {
  const { named, request, lease, processes } = world
  if (!named) return []
  if (request) {
    const { to, epoch } = request
    const process = processes[to] ?? idleProcess
    const gone = { ...world, request: undefined }
    const steps: Step[] = [{ name: 'the request for the home is lost', next: () => gone }]
    if (process.paused) return steps
    const hands = isServing(process, rules) && rules.handsBack(epoch, process.lease.epoch, named[to] ?? false)
    const next = (): World => (hands ? withProcess(gone, to, { asked: epoch }) : gone)
    return [...steps, { name: `${to} reads that it is asked for the home`, next }]
  }
  if (!world.up || !lease) return []
  return processes.flatMap(({ phase, paused, leaseCall }, index) => {
    if (!named[index] || paused || leaseCall || phase !== 'idle' || lease.holder === index) return []
    const next = (): World => ({ ...world, request: { to: lease.holder, epoch: world.epoch } })
    return [{ name: `${index} asks for the home`, next }]
  })
}

function tick(world: World): World {
  const older = (call: Call | undefined): Call | undefined => call && { ...call, sentAt: call.sentAt - 1 }
  return {
    ...world,
    lease: world.lease && world.lease.left > 1 ? { ...world.lease, left: world.lease.left - 1 } : undefined,
    processes: world.processes.map((process) => ({
      ...process,
      lease: { ...process.lease, serveUntil: process.lease.serveUntil - 1 },
      leaseCall: older(process.leaseCall),
      storeCall: older(process.storeCall),
    })),
  }
}

function newChange({ stored, acknowledged, processes }: World): WriteId {
  const known = [
    stored,
    acknowledged,
    ...processes.flatMap((each) => [each.memory, each.storeCall?.value ?? []]),
  ].flat()
  return Math.max(-1, ...known) + 1
}
