const nameStartRanges =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF' +
  '\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const nameRanges = `${nameStartRanges}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040`

/** Source of a regular expression (flag `u`) for a name without a colon (Namespaces in XML 1.0, NCName). */
export const ncNamePattern = `[${nameStartRanges}][${nameRanges}]*`

/** A character that XML 1.0 does not have (§2.2), lone surrogates apart. */
const illegalCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/** Whether XML 1.0 can carry `text` (§2.2). */
export function isXmlText(text: string): boolean {
  return !illegalCharacter.test(text) && text.isWellFormed()
}

/** Whether a character reference may name this code point (XML 1.0 §4.1). */
export function isXmlCharacter(code: number): boolean {
  return (
    (code >= 0x20 && code <= 0xd7ff) ||
    code === 0x0a ||
    code === 0x0d ||
    code === 0x09 ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x1_0000 && code <= 0x10_ffff)
  )
}

/** Whether `text` has no character but XML's four kinds of white space. */
export function isXmlSpace(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false
  }
  return true
}

/** `text` without what XML 1.0 cannot carry; lone surrogates become U+FFFD. */
export function toXmlText(text: string): string {
  return isXmlText(text) ? text : text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
}
