import type { ContactList, LogicalUrl } from '@parley/protocol'

/** Where users' contact lists are kept: behind a server, or in the store of one that is stopped. */
export interface ContactBook {
  /** The user's list; empty when none was written. Rejects with ContactsError. */
  read(user: LogicalUrl): Promise<ContactList>
  /** Replaces the list; durable when it resolves. Rejects with ContactsError. */
  write(user: LogicalUrl, list: ContactList): Promise<void>
}
