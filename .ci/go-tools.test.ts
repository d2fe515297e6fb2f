import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFolder, findGoTool, goTools } from './go-tools.ts'

describe('a program made with Go', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-go-tools-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const program = (...path: string[]): string => {
    const file = join(folder, ...path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '')
    chmodSync(file, 0o755)
    return file
  }

  it('is taken from PATH before all', () => {
    const onPath = program('bin', 'helm')
    program('gobin', 'helm')
    const PATH = `${join(folder, 'empty')}:${join(folder, 'bin')}`
    expect(findGoTool('helm', { PATH, GOBIN: join(folder, 'gobin') })).toBe(onPath)
  })

  it('is taken from GOBIN, else from the cache, where each version has its own', () => {
    const inGobin = program('gobin', 'helm')
    const cached = program('parley', 'go-tools', `helm@${goTools.get('helm')?.version}`, 'helm')
    expect(findGoTool('helm', { PATH: '', GOBIN: join(folder, 'gobin') })).toBe(inGobin)
    expect(findGoTool('helm', { PATH: '', XDG_CACHE_HOME: folder })).toBe(cached)
  })

  it('is missing when no file can be run', () => {
    writeFileSync(join(folder, 'helm'), '')
    expect(findGoTool('helm', { PATH: folder, XDG_CACHE_HOME: folder })).toBeUndefined()
  })
})

describe('the cache', () => {
  it('is where the user keeps caches', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/var/cache/me' })).toBe('/var/cache/me/parley')
    expect(cacheFolder({ XDG_CACHE_HOME: '' })).toMatch(/\/\.cache\/parley$/)
  })
})
