import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runVectors, type Vector } from './run-vectors.ts'

const folder = new URL('../vectors/', import.meta.url)

function vectors(direction: 'read' | 'write'): Vector[] {
  const kinds = readdirSync(new URL(direction, folder))
  return kinds.flatMap((kind) => {
    const files = readdirSync(new URL(`${direction}/${kind}`, folder)).filter((file) => file.endsWith('.xml'))
    return files.map((file) => {
      const path = new URL(`${direction}/${kind}/${file}`, folder)
      const value: unknown = JSON.parse(readFileSync(new URL(path.href.replace(/xml$/, 'json')), 'utf8'))
      return { direction, kind, name: file.replace(/\.xml$/, ''), xml: readFileSync(path, 'utf8'), value }
    })
  })
}

describe('test vectors', () => {
  it.each(vectors('read'))('reads $kind/$name', (vector) => {
    const [meaning] = runVectors([vector])
    expect(JSON.parse(JSON.stringify(meaning))).toEqual(vector.value)
  })

  it.each(vectors('write'))('writes $kind/$name', (vector) => {
    expect(runVectors([vector])).toEqual([vector.xml])
  })
})
