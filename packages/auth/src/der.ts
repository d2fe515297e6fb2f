/** An element of DER: its tag byte, and what it holds. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
}

/** Tags that SPNEGO uses (X.690 §8.1.2). */
export const derTag = {
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  application0: 0x60,
  /** The context's `[number]`, explicit. */
  context: (number: number) => 0xa0 + number,
} as const

/** A bound on lengths: three bytes of them. */
const maxLengthBytes = 3

/**
 * The elements that fill `bytes`, at most `most`; undefined when they do not fill it exactly, have tags of several bytes, or lengths that
 * are not as short as can be (X.690 §10.1). Linear; what elements hold is not looked into.
 */
export function readDer(bytes: Uint8Array, most: number): DerElement[] | undefined {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0
    const length = readLength(bytes, at)
    if ((tag & 0x1f) === 0x1f || !length || elements.length === most) return undefined
    at = length.end + length.value
    if (at > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(length.end, at) })
  }
  return elements
}

/** The content of the one element that `bytes` are, if it has this tag. */
export function readOneDer(bytes: Uint8Array | undefined, tag: number): Uint8Array | undefined {
  const [element] = (bytes && readDer(bytes, 1)) ?? []
  return element?.tag === tag ? element.content : undefined
}

/** An element of these parts. */
export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff)
  const head = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 + length.length, ...length]
  return Buffer.concat([Buffer.from(head), content])
}

function readLength(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return { value: first, end: at + 1 }
  const count = first - 0x80
  const end = at + 1 + count
  if (count === 0 || count > maxLengthBytes || end > bytes.length || bytes[at + 1] === 0) return undefined
  const value = bytes.subarray(at + 1, end).reduce((sum, byte) => sum * 256 + byte, 0)
  return value < 0x80 ? undefined : { value, end }
}
