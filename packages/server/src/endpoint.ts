/** Host and port of an endpoint; `*` stands for every address. */
export function parseEndpoint(text: string): { address: string; port: number } {
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '')
  return { address: host === '*' ? '::' : host, port: Number(text.slice(colon + 1)) }
}
