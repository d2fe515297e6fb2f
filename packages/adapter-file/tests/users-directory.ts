import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of its own for one test's users file. */
export async function usersDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'parley-users-'))
  return {
    directory,
    path: join(directory, 'users.yaml'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}
