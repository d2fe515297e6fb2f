import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withoutSymbols } from './executable.ts'

describe('a program without symbols', () => {
  it('is shorter, and runs as before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-executable-'))
    try {
      const whole = readFileSync(process.execPath)
      const short = withoutSymbols(whole)
      expect(short.length).toBeLessThan(whole.length)
      const file = join(folder, 'node')
      writeFileSync(file, short)
      chmodSync(file, 0o755)
      const { stdout } = spawnSync(file, ['--print', 'new Intl.NumberFormat("de").format(1234.5)'], {
        encoding: 'utf8',
      })
      expect(stdout).toBe('1.234,5\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('stays as it is when there is nothing left to leave out', () => {
    const short = withoutSymbols(readFileSync(process.execPath))
    expect(withoutSymbols(short).equals(short)).toBe(true)
  })

  it('is refused when it is none', () => {
    expect(() => withoutSymbols(Buffer.from('#!/bin/sh\n'))).toThrow('not an ELF program')
  })
})
