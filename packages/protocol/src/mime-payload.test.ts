import { describe, expect, it } from 'vitest'
import {
  fileTransferGuid,
  invitationPayload,
  joinConversationPayload,
  leavePayload,
  parseInvitationFields,
  textPayload,
  typingPayload,
} from './mime-builders.ts'
import { parseMimePayload, payloadHeader, payloadKindOf, repairMimePayload } from './mime-payload.ts'
import { BadRequestError } from './rvp-error.ts'

const sessionId = '{79FC61B5-1234-1234-8A10-941F33CA4C90}'
const librvp =
  'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n' +
  'X-MMS-IM-Format: FN=MS%%20Shell%%20Dlg; EF=; CO=0; CS=0; PF=0\r\n' +
  `Session-Id: ${sessionId}\r\n\r\n5 &lt; 6 &amp;amp; \r\n\r\n\n`

describe('MIME payload, RVP §10', () => {
  it('reads CRLF and LF, folded headers, and names in any case', () => {
    const payload = parseMimePayload(
      '\n\nmime-version 1.0\nContent-Type: text/plain;\n\t charset=UTF-8\r\nEMPTY:\n\nbody\n\nmore',
    )
    expect(payload).toEqual({
      headers: [
        ['Content-Type', 'text/plain; charset=UTF-8'],
        ['EMPTY', ''],
      ],
      body: 'body\n\nmore',
    })
    expect(payloadHeader(payload, 'content-TYPE')).toBe('text/plain; charset=UTF-8')
    expect(payloadHeader(payload, 'Session-Id')).toBeUndefined()
  })

  it('leaves a good payload as it is, to the byte [R32]', () => {
    expect(repairMimePayload(librvp, () => '{0}')).toBe(librvp)
    const unknown = 'content-type: application/x-whiteboard\r\nsession-id: 7\r\nX-Odd:  two  blanks \r\n\r\n\0\n'
    expect(repairMimePayload(unknown, () => '{0}')).toBe(unknown)
  })

  it('makes the header block CRLF and nothing else [R30]', () => {
    const body = 'a\nb\r\nc\n\n'
    expect(repairMimePayload(`Content-Type: text/plain\nSession-Id: 1\n\n${body}`, () => '{0}')).toBe(
      `Content-Type: text/plain\r\nSession-Id: 1\r\n\r\n${body}`,
    )
  })

  it('puts a header that goes on in the next line on one [R30]', () => {
    expect(
      repairMimePayload('Session-Id:\r\n\t{1}\r\nContent-Type: text/plain;\r\n  charset=UTF-8\r\n\r\n', () => '{0}'),
    ).toBe('Session-Id: {1}\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n')
  })

  it('writes names and line ends in the one way that every reader knows [R31]', () => {
    expect(
      repairMimePayload('Session-Id \t: {1}\r\nContent-Type: text/plain\rX-Odd: 1 : 2\r\n\r\na : b\rc', () => '{0}'),
    ).toBe('Session-Id: {1}\r\nContent-Type: text/plain X-Odd: 1 : 2\r\n\r\na : b\rc')
  })

  it('adds a Session-Id and a Content-Type when they are missing or empty [R31]', () => {
    expect(repairMimePayload('MIME-Version: 1.0\r\n\r\nhi', () => '{0}')).toBe(
      'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nSession-Id: {0}\r\n\r\nhi',
    )
    expect(repairMimePayload('Session-Id:\r\nContent-Type: text/x-imleave\r\n\r\n', () => '{0}')).toBe(
      'Content-Type: text/x-imleave\r\nSession-Id: {0}\r\n\r\n',
    )
    expect(repairMimePayload('just words', () => '{0}')).toBe(
      'Content-Type: text/plain; charset=UTF-8\r\nSession-Id: {0}\r\n\r\njust words',
    )
  })

  it('bounds the header block', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: y`).join('\r\n')
    expect(parseMimePayload(lines(64)).headers).toHaveLength(64)
    expect(() => parseMimePayload(lines(65))).toThrow(BadRequestError)
    expect(() => parseMimePayload(`A: ${'b'.repeat(4096)}`)).toThrow(BadRequestError)
  })

  it.each([
    ['text', textPayload({ sessionId, text: 'hi' })],
    ['typing', typingPayload({ sessionId, typingUser: 'bruceb@example.com' })],
    ['typing', 'Content-Type: text/x-msmsscontrol\r\nTypingUser: bruceb@example.com\r\n\r\n'],
    ['join', joinConversationPayload({ sessionId })],
    ['leave', leavePayload({ sessionId })],
    [
      'invitation',
      invitationPayload({ sessionId, invitation: { command: 'CANCEL', cookie: 1, cancelCode: 'REJECT' } }),
    ],
    ['other', 'Content-Type: application/x-whiteboard\r\n\r\n'],
    ['text', 'hello'],
  ])('knows %s', (kind, text) => {
    expect(payloadKindOf(parseMimePayload(text))).toBe(kind)
  })

  it('builds payloads that need no repair [R31]', () => {
    for (const payload of [
      textPayload({ sessionId, text: 'a\nb', format: 'FN=Arial' }),
      typingPayload({ sessionId, typingUser: 'a@b' }),
      joinConversationPayload({ sessionId }),
      leavePayload({ sessionId }),
    ]) {
      expect(repairMimePayload(payload, () => '{0}')).toBe(payload)
    }
  })

  it('builds the invitation to a file transfer, and its answers', () => {
    const invite = invitationPayload({
      sessionId,
      invitation: {
        command: 'INVITE',
        cookie: 33267,
        applicationName: 'File Transfer',
        applicationGuid: fileTransferGuid,
        fields: [
          ['Application-File', 'plan.txt\r\nInvitation-Cookie: 1'],
          ['Application-FileSize', '187'],
        ],
      },
    })
    expect(invite).toBe(
      `MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\nSession-Id: ${sessionId}\r\n\r\n` +
        `Application-Name: File Transfer\r\nApplication-GUID: ${fileTransferGuid}\r\nInvitation-Command: INVITE\r\n` +
        'Invitation-Cookie: 33267\r\nApplication-File: plan.txt Invitation-Cookie: 1\r\nApplication-FileSize: 187\r\n\r\n',
    )
    const accept = invitationPayload({
      sessionId,
      invitation: { command: 'ACCEPT', cookie: 33267, fields: [['IP-Address', '192.0.2.1']] },
    })
    expect(parseInvitationFields(parseMimePayload(accept))).toEqual([
      ['Invitation-Command', 'ACCEPT'],
      ['Invitation-Cookie', '33267'],
      ['IP-Address', '192.0.2.1'],
    ])
  })
})
