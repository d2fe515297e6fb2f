/** A contact list cannot be imported or exported; the message says where and what to do. */
export class ContactsError extends Error {
  override readonly name = 'ContactsError'
}
