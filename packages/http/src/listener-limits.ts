import { isLoopback } from '@parley/domain'

/** What one request may cost; sizes in bytes. */
export interface RequestLimits {
  /** The request line, without its line end; beyond it the answer is 414. */
  readonly requestLineBytes: number
  /** All header lines together, line ends included; beyond it the answer is 431. */
  readonly headerBytes: number
  /** How many header lines; beyond it the answer is 431. */
  readonly headerFields: number
  /** The body, chunked or not; beyond it the answer is 413. */
  readonly bodyBytes: number
}

/** What one listener lets its peers cost. Times are kept by a sweep, so each may last up to `sweepMs` longer. */
export interface ListenerLimits extends RequestLimits {
  /** From the first byte of a request to the end of its headers; beyond it the answer is 408. */
  readonly headMs: number
  /** From the first byte of a request to its last, but for what `bodyBytesPerSecond` adds; beyond it the answer is 408. */
  readonly requestMs: number
  /** A request may take a second longer for each so many bytes of it that have come: half of a 64 kbit/s link. */
  readonly bodyBytesPerSecond: number
  /** How long a connection may be silent between requests, or before its first. */
  readonly idleMs: number
  /** How long a peer may take over the answers that wait for it: 400 kB over a 64 kbit/s link last 50 s. */
  readonly writeMs: number
  /** How long, and how much, we go on reading after a last answer, so that the peer can read it before the connection is reset. */
  readonly lingerMs: number
  readonly lingerBytes: number
  /** How often the time limits are looked at. */
  readonly sweepMs: number
  /** Connections at one time. */
  readonly connections: number
  /** Connections at one time from one address; an office behind one NAT or proxy needs more than the default. */
  readonly connectionsPerAddress: number
  /** The same from loopback, where a reverse proxy stands for everybody behind it. */
  readonly connectionsFromLoopback: number
  /** Bytes of a connection that wait while an earlier request of it is answered; more stay in the kernel. */
  readonly waitingBytes: number
  /** Bytes of unfinished requests over all connections; a request that needs more gets 503. */
  readonly bufferedBytes: number
}

/** Bounds that fit one office: 400 kB for the largest request (design.md), 20,000 connections. */
export const defaultListenerLimits: ListenerLimits = {
  requestLineBytes: 8 * 1024,
  headerBytes: 32 * 1024,
  headerFields: 100,
  bodyBytes: 400_000,
  headMs: 10_000,
  requestMs: 30_000,
  bodyBytesPerSecond: 4_000,
  idleMs: 120_000,
  writeMs: 120_000,
  lingerMs: 5_000,
  lingerBytes: 1024 * 1024,
  sweepMs: 1_000,
  connections: 20_000,
  connectionsPerAddress: 1_024,
  connectionsFromLoopback: 20_000,
  waitingBytes: 64 * 1024,
  bufferedBytes: 256 * 1024 * 1024,
}

/** How many connections `address` may have at one time. */
export function connectionsAllowedFrom(
  address: string,
  limits: Pick<ListenerLimits, 'connectionsPerAddress' | 'connectionsFromLoopback'>,
): number {
  return isLoopback(address) ? limits.connectionsFromLoopback : limits.connectionsPerAddress
}
