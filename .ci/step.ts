import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { root } from './checks/source-file.ts'

/** One thing to run; `show` lets its output through as it comes, else it appears only on failure. */
export interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly show?: boolean
  /** Added to our environment. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs a step, prints one line with its time, and tells whether it passed. */
export async function runStep({ name, command, show = false, environment = {} }: Step): Promise<boolean> {
  const [file, ...args] = command
  const start = performance.now()
  if (show) console.log(`${name} …`)
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
  })
  const output: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk))
  const passed = await once(child, 'close').then(
    ([code]) => code === 0,
    (error: Error) => {
      output.push(Buffer.from(`${error.message}\n`))
      return false
    },
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (!passed) process.stdout.write(Buffer.concat(output))
  return passed
}
