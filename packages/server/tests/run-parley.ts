import { type ExecFileException, execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** How a command ended. */
export interface Run {
  readonly code: ExecFileException['code']
  readonly stdout: string
  readonly stderr: string
}

/** Runs the `parley` command with `input` on its standard input. */
export async function parley(args: readonly string[], input = ''): Promise<Run> {
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr })
    })
    child.stdin?.end(input)
  })
}
