import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** Aliases in the users file of that path; none when there is no such file, or it is none. */
export function namesInUsersFile(path: unknown): readonly string[] {
  if (typeof path !== 'string') return []
  try {
    const { users = [] } = (parse(readFileSync(path, 'utf8')) ?? {}) as {
      readonly users?: readonly { name?: unknown }[]
    }
    return users.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
  } catch {
    return []
  }
}
