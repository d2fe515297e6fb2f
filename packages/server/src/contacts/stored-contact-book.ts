import type { Epoch, NodeStore } from '@parley/domain'
import { type LogicalUrl, parseContacts, propertyNames, RvpError, writeContacts } from '@parley/protocol'
import type { ContactBook } from './contact-book.ts'
import { ContactsError } from './contacts-error.ts'

/** The lists in a store that no server uses, read at once. Rejects with CorruptStoreError. */
export async function openStoredContactBook(store: NodeStore, epoch: Epoch): Promise<StoredContactBook> {
  const stored = new Map<LogicalUrl, string>()
  for await (const { node, properties } of store.load()) {
    const property = properties.find(({ name }) => name === propertyNames.contacts)
    if (property) stored.set(node, property.xml)
  }
  return new StoredContactBook(store, epoch, stored)
}

/** `openStoredContactBook` makes it. */
export class StoredContactBook implements ContactBook {
  readonly #store: NodeStore
  readonly #epoch: Epoch
  readonly #stored: Map<LogicalUrl, string>

  constructor(store: NodeStore, epoch: Epoch, stored: Map<LogicalUrl, string>) {
    this.#store = store
    this.#epoch = epoch
    this.#stored = stored
  }

  /** Everybody who has a list. */
  get users(): readonly LogicalUrl[] {
    return [...this.#stored.keys()]
  }

  async read(user: LogicalUrl): ReturnType<ContactBook['read']> {
    return named(user, () => parseContacts(this.#stored.get(user) ?? ''))
  }

  async write(...[user, list]: Parameters<ContactBook['write']>): Promise<void> {
    const xml = named(user, () => writeContacts(list))
    await this.#store.commit(
      user,
      [{ kind: 'put-property', property: { name: propertyNames.contacts, xml } }],
      this.#epoch,
    )
    this.#stored.set(user, xml)
  }
}

function named<T>(user: LogicalUrl, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof RvpError) throw new ContactsError(`${user}: ${cause.message}`, { cause })
    throw cause
  }
}
