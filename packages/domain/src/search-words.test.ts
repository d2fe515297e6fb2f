import { describe, expect, it } from 'vitest'
import { searchWords } from './search-words.ts'

describe('words to search for', () => {
  it.each([
    ['Kari Nordmann', ['kari', 'nordmann']],
    ['NORDMANN, Kari-Anne (IT)', ['nordmann', 'kari', 'anne', 'it']],
    ['Søren Kierkegård', ['soren', 'kierkegard']],
    ['Łukasz Żółć', ['lukasz', 'zolc']],
    ['Æsa Þórðardóttir', ['aesa', 'thordardottir']],
    ['Straße STRASSE STRAẞE', ['strasse']],
    ['İpek Işık ılıca', ['ipek', 'isik', 'ilica']],
    ['Đorđe', ['dorde']],
    ['Ἀλέξανδρος ΑΛΕΞΑΝΔΡΟΣ', ['αλεξανδροσ']],
    ["O'Brien", ['o', 'brien']],
    ['ﬁnn ２０１', ['finn', '201']],
    ['山田 太郎', ['山田', '太郎']],
    ['  ... --- !!!', []],
    ['', []],
    ['kari kari', ['kari']],
  ])('are, of %j, %j', (text, words) => {
    expect(searchWords(text)).toEqual(words)
  })

  it('take an address for one word, also while it is being typed', () => {
    expect(searchWords('Kari Nordmann <Kari.Nordmann@Example.com>')).toEqual([
      'kari',
      'nordmann',
      'kari.nordmann@example.com',
    ])
    expect(searchWords('kari.nordmann@')).toEqual(['kari.nordmann@'])
    expect(searchWords('@example')).toEqual(['example'])
    expect(searchWords('a@b@c')).toEqual(['a@b', 'c'])
  })

  it('are the same however the letters are composed', () => {
    expect(searchWords('Ångström'.normalize('NFD'))).toEqual(searchWords('Ångström'.normalize('NFC')))
  })

  it('are bounded in number and length, whatever the text', () => {
    const words = searchWords('ﷺ'.repeat(100_000))
    expect(words.length).toBeLessThanOrEqual(16)
    expect(searchWords('a'.repeat(100_000))).toEqual(['a'.repeat(64)])
    expect(searchWords(Array.from({ length: 100 }, (_, at) => `w${at}`).join(' '))).toHaveLength(16)
  })

  it('are well formed where a text is not, or is cut', () => {
    for (const text of ['\ud835', `${'a'.repeat(63)}\ud835\udd38`, `${'-'.repeat(511)}𝔸`, '𐐷'.repeat(100)])
      for (const word of searchWords(text)) expect(word.isWellFormed()).toBe(true)
  })
})
