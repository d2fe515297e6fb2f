import type { RvpTransportHead } from './transport.ts'

/** What a device hears. */
export interface InboxListener {
  /** The body of a NOTIFY, exactly as it came. Returns false when it cannot be read, which the server is then told. */
  notify(body: string): boolean
  /** Whether the server can reach the device now. */
  connection(up: boolean): void
  /**
   * The server no longer knows this inbox, or somebody else reads it, who may have stolen its name: the device must sign on
   * again.
   */
  lost(how: 'forgotten' | 'replaced'): void
}

/** Where a device is reached, as a port. */
export interface DeviceInbox {
  /** Starts listening and resolves with the headers that tell a login SUBSCRIBE where the device is (RVP §5.1). */
  start(listener: InboxListener): Promise<readonly (readonly [string, string])[]>
  /** Takes in what the server answered to the login SUBSCRIBE, also to a later one. */
  accepted(answer: RvpTransportHead): Promise<void>
  /** Stops listening. Idempotent. */
  close(): Promise<void>
}
