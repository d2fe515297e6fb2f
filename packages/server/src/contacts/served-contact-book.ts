import { isExpectedError, RequestRefusedError, RvpRequests, type RvpTransport, TransportError } from '@parley/client'
import { type LogicalUrl, parseContacts, propertyNames, RvpError, writeContacts } from '@parley/protocol'
import { schemeHint, transportText } from '../chat/chat-text.ts'
import { printableLine } from '../chat/printable.ts'
import type { ContactBook } from './contact-book.ts'
import { ContactsError } from './contacts-error.ts'

/** The list of the user who asks, read and written as one of its clients does; nobody sees the user come online by it. */
export function servedContactBook(transport: RvpTransport, self: LogicalUrl): ContactBook {
  const requests = new RvpRequests(transport, self)
  return {
    read: (user) =>
      asked(async () => {
        const { propstats } = await requests.propfind(user, { kind: 'prop', names: [propertyNames.contacts] })
        const found = propstats.flatMap(({ status, properties }) => (status === 200 ? properties : []))
        if (propstats.some(({ status }) => status === 403)) throw new ContactsError('the server does not show the list')
        return parseContacts(found.find(({ name }) => name === propertyNames.contacts)?.xml ?? '')
      }),
    write: (_, list) => asked(() => requests.setProperty(propertyNames.contacts, writeContacts(list))),
  }
}

/** What servers and networks do to a request, as a ContactsError. */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RequestRefusedError && cause.status === 401) {
      const what = 'the server does not know this name with this password, or the account is not enabled'
      throw new ContactsError(`${what} (${schemeHint})`, { cause })
    }
    if (cause instanceof TransportError) throw new ContactsError(transportText(cause), { cause })
    if (isExpectedError(cause) || cause instanceof RvpError)
      throw new ContactsError(printableLine(cause.message), { cause })
    throw cause
  }
}
