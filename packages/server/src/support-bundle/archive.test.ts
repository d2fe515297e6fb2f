import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { archiveOf } from './archive.ts'

const files = [
  { name: 'bundle/a.txt', content: 'Grüße\n' },
  { name: 'bundle/logs/b.log', content: 'x'.repeat(1_024) },
  { name: 'bundle/empty', content: '' },
]

it('makes an archive that tar reads', () => {
  const input = archiveOf(files, 1_700_000_000)
  const list = execFileSync('tar', ['-tvzf', '-', '--utc', '--full-time'], { input, encoding: 'utf8' })
  expect(list.trim().split('\n')).toEqual([
    expect.stringMatching(/^-rw------- 0\/0 +8 2023-11-14 22:13:20 bundle\/a\.txt$/),
    expect.stringMatching(/^-rw------- 0\/0 +1024 2023-11-14 22:13:20 bundle\/logs\/b\.log$/),
    expect.stringMatching(/^-rw------- 0\/0 +0 2023-11-14 22:13:20 bundle\/empty$/),
  ])
  expect(execFileSync('tar', ['-xzOf', '-', 'bundle/a.txt'], { input, encoding: 'utf8' })).toBe('Grüße\n')
})

it('refuses names that would lead elsewhere', () => {
  expect(() => archiveOf([{ name: 'a\n../b', content: '' }], 0)).toThrow(RangeError)
})
