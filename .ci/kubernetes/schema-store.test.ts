import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ensureFolder } from './schema-store.ts'

describe('a folder that takes long to make', () => {
  let store = ''
  const folder = () => join(store, 'schemas')
  const make = (at: string, text: string) => {
    mkdirSync(at)
    writeFileSync(join(at, 'pod.json'), text)
  }

  beforeEach(() => {
    store = mkdtempSync(join(tmpdir(), 'parley-schema-store-test-'))
    vi.spyOn(console, 'log').mockImplementation(() => undefined)
  })

  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(store, { recursive: true })
  })

  it('is made once', () => {
    expect(ensureFolder(folder(), (at) => make(at, 'first'))).toBe(true)
    expect(ensureFolder(folder(), (at) => make(at, 'second'))).toBe(true)
    expect(readFileSync(join(folder(), 'pod.json'), 'utf8')).toBe('first')
  })

  it('is there for both of two runs that make it at once', () => {
    const there = ensureFolder(folder(), (at) => {
      make(at, 'ours')
      make(folder(), 'of the other run')
    })
    expect(there).toBe(true)
    expect(readFileSync(join(folder(), 'pod.json'), 'utf8')).toBe('of the other run')
    expect(readdirSync(store)).toEqual(['schemas'])
  })

  it('is not there, not even in part, when it cannot be made, and the reason is told', () => {
    const there = ensureFolder(folder(), (at) => {
      make(at, 'half')
      throw new Error('no network')
    })
    expect(there).toBe(false)
    expect(readdirSync(store)).toEqual([])
    expect(console.log).toHaveBeenCalledWith('no network')
  })
})
