/** Names a place in a stream: the stream's epoch, which no other stream or server start shares, and a number. */
export interface StreamPosition {
  readonly epoch: string
  readonly sequence: number
}

const positionForm = /^([0-9a-z]{1,8})-(0|[1-9][0-9]{0,14})$/

/** Reads an event id; undefined for anything that we never give out. */
export function parseStreamPosition(text: string): StreamPosition | undefined {
  const [, epoch, sequence] = positionForm.exec(text) ?? []
  return epoch !== undefined && sequence !== undefined ? { epoch, sequence: Number(sequence) } : undefined
}

/**
 * The event that carries a NOTIFY, whose body is given as a JSON string: that has no line ends, so the body arrives exactly,
 * with its own. `idPrefix` is `streamIdPrefix` of the stream.
 */
export function notifyEvent(idPrefix: string, sequence: number, json: string): string {
  return `${idPrefix}${sequence}\nevent: notify\ndata: ${json}\n\n`
}

/** What every event with an id begins with, made once a stream. */
export function streamIdPrefix(epoch: string): string {
  return `id: ${epoch}-`
}

/** The first event of a connection. */
export function openEvent(
  idPrefix: string,
  sequence: number,
  { retryMs, heartbeatSeconds, resumed }: { retryMs: number; heartbeatSeconds: number; resumed: boolean },
): string {
  const data = JSON.stringify({ heartbeatSeconds, resumed })
  return `retry: ${retryMs}\n${idPrefix}${sequence}\nevent: open\ndata: ${data}\n\n`
}

/** Tells the device that notifications were lost, and that states follow. */
export const resetEvent = 'event: reset\ndata: {}\n\n'

/** Why a stream ends for good: another connection has it, or its subscription is over. */
export type StreamEnd = 'replaced' | 'ended'

/** The last event of a connection that the device must not make again. */
export function closeEvent(reason: StreamEnd): string {
  return `event: close\ndata: {"reason":"${reason}"}\n\n`
}

/** A comment, which keeps proxies from closing an idle connection. */
export const heartbeat = ':\n\n'
