import type { LogicalUrl, MimePayload, PresenceState } from '@parley/protocol'

/** Something said to us by somebody in a conversation, which its `sessionId` names. */
interface Said {
  readonly from: LogicalUrl
  /** What people call the sender; may be empty. */
  readonly fromName: string
  readonly sessionId: string
  readonly payload: MimePayload
}

/** What a client hears. */
export type RvpClientEvent =
  /** A node's state as told by its home; also of our own node. */
  | { readonly type: 'presence'; readonly node: LogicalUrl; readonly state: PresenceState }
  | ({ readonly type: 'message'; readonly text: string } & Said)
  /** The sender is typing: show it for a few seconds (RVP §10.2). */
  | ({ readonly type: 'typing' } & Said)
  /** The sender entered, or left, a conversation of several. */
  | ({ readonly type: 'join' } & Said)
  | ({ readonly type: 'leave' } & Said)
  /** The sender offers a file or an application (client-facts §1.8). */
  | ({ readonly type: 'invitation' } & Said)
  /** A payload of some other MIME type. */
  | ({ readonly type: 'payload' } & Said)
  /** An application's own notification, as XML (RVP §5.6.1). */
  | { readonly type: 'application'; readonly xml: string }
  /** Whether the server can reach us. */
  | { readonly type: 'connection'; readonly up: boolean }
  /** The server no longer has us, and signing on again was refused: the client is of no more use. */
  | { readonly type: 'signed-out'; readonly error: Error }
