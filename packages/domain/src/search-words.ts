const longestText = 512
const longestWord = 64
const mostWords = 16

/** Letters that no normal form takes apart, as people without them on their keyboards write them. */
const foldings: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ð: 'd',
  đ: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ĸ: 'k',
  ς: 'σ',
}

const foldable = new RegExp(`[${Object.keys(foldings).join('')}]`, 'gu')
/** An address as it is typed, perhaps only its beginning: what follows the @ may be missing. */
const wordPattern = /[^\s<>()[\],;:"@]+@[^\s<>()[\],;:"@]*|[\p{L}\p{N}]+/gu

/**
 * The words of a text that people search for or are found by: lower case, without marks, `ø` as `o` and the like; what is neither letter
 * nor digit parts them. A mail address is one word, as all of an organisation share what follows the @. Each once, in order; at most 16 of
 * 64 characters, from the first 512.
 */
export function searchWords(text: string): readonly string[] {
  const folded = fold(text.slice(0, longestText))
  const words = new Set<string>()
  for (const [word] of folded.matchAll(wordPattern)) {
    words.add(word.slice(0, longestWord).toWellFormed())
    if (words.size === mostWords) break
  }
  return [...words]
}

function fold(text: string): string {
  const lower = text.toLowerCase()
  // Most names need no more, and a search looks at many.
  if (!/[^ -~]/.test(lower)) return lower
  return lower
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(foldable, (letter) => foldings[letter] ?? letter)
}
