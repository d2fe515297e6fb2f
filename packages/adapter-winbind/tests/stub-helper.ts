import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A program in the place of `ntlm_auth`: a script that reads questions line by line (`$line`) and says what `body` says. For what the
 * real helper does not do at will.
 */
export async function stubHelper(body: string): Promise<readonly [string, ...string[]]> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-stub-helper-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'ntlm_auth')
  writeFileSync(path, `#!/bin/sh\nwhile IFS= read -r line; do\n${body}\ndone\n`, { mode: 0o755 })
  return [path]
}
