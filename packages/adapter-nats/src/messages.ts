import { type HomeBeat, type HomeName, parseHomeName, parseTraceparent, type StatusChange } from '@parley/domain'
import { type LogicalUrl, presenceStates } from '@parley/protocol'
import { z } from 'zod'

/** Longest message that one of ours could be; what is longer is not even looked at. */
const maxMessageBytes = 512

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

// NOTE: arrays, since every byte crosses thin links; further elements are ignored, so that a later release can add some.
const changeMessage = z.tuple([count, count, z.enum(presenceStates)]).rest(z.unknown())
const beatMessage = z.tuple([z.string().transform(toHomeName), count, count, count]).rest(z.unknown())

/** A change as the bus carries it, `[epoch,sequence,"state"]`, with the traceparent if it has one; the subject names its node. */
export function writeChange({ epoch, sequence, state, trace }: StatusChange): string {
  return JSON.stringify(trace === undefined ? [epoch, sequence, state] : [epoch, sequence, state, trace])
}

/** Reads what came on a node's subject; undefined unless it is a change. */
export function readChange(node: LogicalUrl, data: Uint8Array): StatusChange | undefined {
  const message = changeMessage.safeParse(jsonOf(data)).data
  if (!message) return undefined
  const [epoch, sequence, state, trace] = message
  const isTraced = typeof trace === 'string' && parseTraceparent(trace) !== undefined
  return isTraced ? { node, epoch, sequence, state, trace } : { node, epoch, sequence, state }
}

/** A beat as the bus carries it: `["from",epoch,published,change]`. */
export function writeBeat({ from, epoch, published, change }: HomeBeat): string {
  return JSON.stringify([from, epoch, published, change])
}

/** Reads what came on a home's subject; undefined unless it is a beat. */
export function readBeat(data: Uint8Array): HomeBeat | undefined {
  const message = beatMessage.safeParse(jsonOf(data)).data
  return message && { from: message[0], epoch: message[1], published: message[2], change: message[3] }
}

function toHomeName(text: string, context: z.RefinementCtx<string>): HomeName {
  try {
    return parseHomeName(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not the name of a home' })
    return z.NEVER
  }
}

function jsonOf(data: Uint8Array): unknown {
  if (data.length > maxMessageBytes) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
}
