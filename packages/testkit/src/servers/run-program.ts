import { execFile } from 'node:child_process'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs a program to its end; resolves with what it printed, and rejects with all that it said if it fails. */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  const child = execFile(program, programArguments, options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout)
    else reject(new Error(`${program} failed (${error.code}):\n${stdout}${stderr}`))
  })
  child.stdin?.on('error', () => undefined).end(input)
  return await promise
}
