/** A quotation, closed or cut off; escaped quotes begin and end none, and neither do apostrophes. */
const quotation = /\\["']|"(?:\\.|[^"\\])*(?:"|$)|(?<![\p{L}\p{N}])'(?:\\.|[^'\\]|'(?=[\p{L}\p{N}]))*(?:'|$)/gsu

/** `text` with what `replacement` makes of each quotation, quotes and all. */
export function withoutQuotations(text: string, replacement: (quotation: string) => string): string {
  return text.replace(quotation, (found) => (found.startsWith('\\') ? found : replacement(found)))
}

/** `text` with `replacement` for everything in round brackets, however deep, with the brackets; of one that is not closed, to the end. */
export function withoutBrackets(text: string, replacement: () => string): string {
  let rest = text
  for (let before = ''; before !== rest; ) {
    before = rest
    rest = rest.replace(/\([^()]*\)/g, replacement)
  }
  return rest.replace(/\(.*$/s, replacement)
}
