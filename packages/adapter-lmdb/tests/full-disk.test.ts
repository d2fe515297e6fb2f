import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { NodeStoreLmdb } from '../src/index.ts'
import { CommittingChild } from './child.ts'
import { roundOf } from './round.ts'
import { temporaryDirectory } from './temporary-store.ts'

describe('NodeStoreLmdb on a full disk', () => {
  it('refuses with UnavailableError, and goes on once there is space', { timeout: 60_000 }, async () => {
    await using directory = await temporaryDirectory()
    // NOTE: a limit on file size fails writes as a full disk does, without a disk to fill; it can be lifted from outside.
    await using child = new CommittingChild(directory.path, 1, ['prlimit', '--fsize=65536:unlimited'])
    await child.until(() => child.lines.some((line) => line.startsWith('failed')))
    execFileSync('prlimit', ['--pid', `${child.process.pid}`, '--fsize=unlimited'])
    const failures = () => child.lines.filter((line) => line.startsWith('failed')).length
    const successesAfter = child.lines.length - failures() + 50
    await child.until(() => child.lines.length - failures() >= successesAfter)
    await child.kill()

    await using store = await NodeStoreLmdb.open(directory)
    const found = await Array.fromAsync(store.load())
    expect(found).toHaveLength(4)
    const last = child.lines.findLast((line) => !line.startsWith('failed')) ?? ''
    expect(Math.max(...found.map(roundOf))).toBeGreaterThanOrEqual(Number(last.split(' ')[1]))
  })
})
