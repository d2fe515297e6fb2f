import { joinPayload, type MimePayload, parseMimePayload } from './mime-payload.ts'

/** The application of a file transfer (client-facts §1.8). */
export const fileTransferGuid = '{5D3E02AB-6190-11d3-BBBB-00C04F795683}'

/** An invitation to start an application, or an answer to one (RVP §10.3; client-facts §1.8). */
export type Invitation =
  | {
      readonly command: 'INVITE'
      readonly cookie: number
      readonly applicationName: string
      readonly applicationGuid: string
      /** Further fields, such as `Application-File` and `Application-FileSize`. */
      readonly fields?: readonly (readonly [name: string, value: string])[]
    }
  | {
      readonly command: 'ACCEPT'
      readonly cookie: number
      /** Such as `IP-Address`, `Port` and `AuthCookie`. */
      readonly fields?: readonly (readonly [name: string, value: string])[]
    }
  | { readonly command: 'CANCEL'; readonly cookie: number; readonly cancelCode: string }

const defaultFormat = 'FN=MS%20Shell%20Dlg; EF=; CO=0; CS=0; PF=0'

/** An instant message (RVP §10.1). NOTE: librvp escapes the text as HTML and Miranda does not; here it stays as given. */
export function textPayload(message: { sessionId: string; text: string; format?: string }): string {
  const { sessionId, text, format = defaultFormat } = message
  return payload('text/plain; charset=UTF-8', sessionId, [['X-MMS-IM-Format', format]], text)
}

/** "Somebody is typing", sent every few seconds; `typingUser` is `alias@domain` (RVP §10.2). */
export function typingPayload({ sessionId, typingUser }: { sessionId: string; typingUser: string }): string {
  return payload('text/x-msmsgscontrol; charset=UTF-8', sessionId, [['TypingUser', typingUser]])
}

/** "I am part of this conversation": opens a session, or invites to one of several parties (client-facts §1.8, §2.1). */
export function joinConversationPayload({ sessionId }: { sessionId: string }): string {
  return payload('text/x-msmsgscontrol; charset=UTF-8', sessionId, [])
}

/** "I leave this conversation" (client-facts §1.8). */
export function leavePayload({ sessionId }: { sessionId: string }): string {
  return payload('text/x-imleave; charset=UTF-8', sessionId, [])
}

/** An invitation or an answer to one: its fields are a second header block (client-facts §1.8). */
export function invitationPayload({ sessionId, invitation }: { sessionId: string; invitation: Invitation }): string {
  const fields = invitationFields(invitation).map(([name, value]) => headerLine(name, value))
  return payload('text/x-msmsgsinvite; charset=UTF-8', sessionId, [], joinPayload(fields, ''))
}

/** The fields of an invitation's body: `Invitation-Command`, `Invitation-Cookie` and so on. Throws BadRequestError. */
export function parseInvitationFields({ body }: MimePayload): MimePayload['headers'] {
  return parseMimePayload(body).headers
}

function invitationFields(invitation: Invitation): readonly (readonly [string, string])[] {
  const command: readonly (readonly [string, string])[] = [
    ['Invitation-Command', invitation.command],
    ['Invitation-Cookie', String(invitation.cookie)],
  ]
  switch (invitation.command) {
    case 'INVITE':
      return [
        ['Application-Name', invitation.applicationName],
        ['Application-GUID', invitation.applicationGuid],
        ...command,
        ...(invitation.fields ?? []),
      ]
    case 'ACCEPT':
      return [...command, ...(invitation.fields ?? [])]
    case 'CANCEL':
      return [...command, ['Cancel-Code', invitation.cancelCode]]
  }
}

function payload(
  contentType: string,
  sessionId: string,
  headers: readonly (readonly [string, string])[],
  body = '',
): string {
  const all = [['MIME-Version', '1.0'], ['Content-Type', contentType], ...headers, ['Session-Id', sessionId]] as const
  return joinPayload(
    all.map(([name, value]) => headerLine(name, value)),
    body,
  )
}

/** NOTE: a value may come from a person; a line end in it would begin a header of that person's choice. */
function headerLine(name: string, value: string): string {
  return `${name}: ${value.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()}`
}
