import { type MimePayload, payloadHeader } from '@parley/protocol'

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#39': "'" }

/** What a person wrote in a text message (RVP §10.1). */
export function messageText(payload: MimePayload): string {
  // COMPAT(librvp): it escapes plain text as HTML, and doubles the per cent signs of the font's name (client-facts §1.8).
  const isEscaped = payloadHeader(payload, 'X-MMS-IM-Format')?.includes('%%') ?? false
  if (!isEscaped) return payload.body
  return payload.body.replace(/&(lt|gt|amp|quot|apos|#39);/g, (_, name: string) => entities[name] ?? '')
}
