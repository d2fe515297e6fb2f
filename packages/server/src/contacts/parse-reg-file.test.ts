import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContactsError } from './contacts-error.ts'
import { parseRegFile } from './parse-reg-file.ts'
import type { RegData, RegFile } from './reg-file.ts'
import { writeRegFile } from './write-reg-file.ts'

const head = 'Windows Registry Editor Version 5.00\r\n\r\n'

function dataOf(line: string): RegData | undefined {
  return parseRegFile(`${head}[K]\r\n"v"=${line}\r\n`).keys[0]?.values[0]?.data
}

describe('parseRegFile', () => {
  it('reads keys, values and their lines with any line ends', () => {
    const lines = ['REGEDIT4', '', '; comment', '[A\\B]', '@="default"', '"n"=-', '[-A\\C]', '']
    for (const end of ['\r\n', '\n', '\r']) {
      expect(parseRegFile(lines.join(end))).toEqual({
        version: 4,
        keys: [
          {
            path: 'A\\B',
            removed: false,
            line: 4,
            values: [
              { name: '', data: { kind: 'string', text: 'default' }, line: 5 },
              { name: 'n', data: { kind: 'removed' }, line: 6 },
            ],
          },
          { path: 'A\\C', removed: true, values: [], line: 7 },
        ],
      })
    }
  })

  it('takes a byte order mark, spaces, comments behind values, and zero characters at the end', () => {
    const text = `\ufeff${head}  [K] ; why\r\n "a" = "b" ; c\r\n"d"=dword:0000000A ; ten\r\n\0`
    expect(parseRegFile(text).keys[0]?.values.map(({ data }) => data)).toEqual([
      { kind: 'string', text: 'b' },
      { kind: 'dword', number: 10 },
    ])
  })

  it('reads names of keys that hold brackets', () => {
    expect(parseRegFile(`${head}[A\\[b]c]`).keys[0]?.path).toBe('A\\[b]c')
  })

  it('unescapes quotes and backslashes, and reads text over several lines', () => {
    expect(dataOf('"a \\"b\\" \\\\c"')).toEqual({ kind: 'string', text: 'a "b" \\c' })
    const [first, second] = parseRegFile(`${head}[K]\n"v"="one\r\ntwo"\n"w"=""`).keys[0]?.values ?? []
    expect(first?.data).toEqual({ kind: 'string', text: 'one\r\ntwo' })
    expect(second?.line).toBe(6)
  })

  it('reads bytes, which go on after a backslash', () => {
    expect(dataOf('hex:01,ff')).toEqual({ kind: 'hex', type: 3, bytes: Uint8Array.of(1, 255) })
    expect(dataOf('hex(2):41,00,\\\r\n  42,00')).toEqual({ kind: 'hex', type: 2, bytes: Uint8Array.of(65, 0, 66, 0) })
    expect(dataOf('hex(7):')).toEqual({ kind: 'hex', type: 7, bytes: new Uint8Array() })
    expect(dataOf('hex:01,\\')).toEqual({ kind: 'hex', type: 3, bytes: Uint8Array.of(1) })
  })

  it('names the line of a mistake', () => {
    const mistakes = [
      ['', 'line 1: a .reg file begins'],
      ['Windows Registry Editor Version 6', 'line 1: a .reg file begins'],
      [`${head}"a"="b"`, 'line 3: a value stands before'],
      [`${head}[K`, 'line 3: the name of the key has no closing'],
      [`${head}[]`, 'line 3: the key has no name'],
      [`${head}[K] x`, 'line 3: something follows'],
      [`${head}[-K]\r\n"a"="b"`, 'line 4: a value stands below'],
      [`${head}[K]\r\n\r\nwhat`, 'line 5: neither'],
      [`${head}[K]\r\n"a"`, 'line 4: no ='],
      [`${head}[K]\r\n"a"="b`, 'line 4: the quote is never closed'],
      [`${head}[K]\r\n"a"="b"c`, 'line 4: something follows'],
      [`${head}[K]\r\n"a"=qword:1`, 'line 4: the value is neither'],
      [`${head}[K]\r\n"a"=dword:123456789`, 'line 4: the value is neither'],
      [`${head}[K]\r\n"a"=hex:1g`, 'line 4: hex: has something'],
    ] as const
    for (const [text, message] of mistakes) expect(() => parseRegFile(text)).toThrow(message)
  })

  it('throws nothing but ContactsError, whatever it is given', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '"',
      '\\',
      '=',
      '@',
      ';',
      '\r\n',
      '\n',
      'hex:',
      'dword:',
      '-',
      ',',
      '0a',
      ' ',
      '\0',
    )
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))).map((parts) => head + parts.join(''))
    fc.assert(
      fc.property(text, (given) => {
        try {
          parseRegFile(given)
        } catch (error) {
          expect(error).toBeInstanceOf(ContactsError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('survives lines and blanks of many megabytes', () => {
    const long = 'x '.repeat(4_000_000)
    expect(
      parseRegFile(`${head}${' \n'.repeat(4_000_000)}[${long}]\n"v"="${long}"${' '.repeat(8_000_000)};${long}`).keys,
    ).toHaveLength(1)
    expect(() => parseRegFile(`${head}[K]\n"v"=hex:${'00,'.repeat(4_000_000)}`)).toThrow('too many bytes')
  })
})

describe('writeRegFile', () => {
  const text = fc.string({ unit: 'grapheme' })
  const data: fc.Arbitrary<RegData> = fc.oneof(
    fc.record({ kind: fc.constant('string' as const), text }),
    fc.record({ kind: fc.constant('dword' as const), number: fc.nat(0xffff_ffff) }),
    fc.record({ kind: fc.constant('hex' as const), type: fc.nat(11), bytes: fc.uint8Array() }),
    fc.constant({ kind: 'removed' as const }),
  )
  const keyName = fc.string({ minLength: 1 }).filter((name) => !/^-|[\r\n]/.test(name))
  const key = fc.record({
    path: keyName,
    removed: fc.constant(false),
    values: fc.array(fc.record({ name: text, data })),
  })

  it('writes what parseRegFile reads', () => {
    fc.assert(
      fc.property(fc.constantFrom(4 as const, 5 as const), fc.array(key), (version, keys) => {
        const file = {
          version,
          keys: keys.map((one) => ({ ...one, line: 0, values: one.values.map((v) => ({ ...v, line: 0 })) })),
        }
        expect(withoutLines(parseRegFile(writeRegFile(file)))).toEqual(withoutLines(file))
      }),
    )
  })
})

function withoutLines({ version, keys }: RegFile): unknown {
  return {
    version,
    keys: keys.map(({ path, removed, values }) => ({
      path,
      removed,
      values: values.map(({ name, data }) => ({ name, data })),
    })),
  }
}
