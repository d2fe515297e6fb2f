const utf8 = new TextDecoder('utf-8', { ignoreBOM: false })

/** A body as text: UTF-8, whatever its Content-Type says, without a byte order mark. */
export function bodyText(body: Uint8Array): string {
  return body.length === 0 ? '' : utf8.decode(body)
}
