import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const mostOutput = 16 * 1024 * 1024

/** Runs a program to its end and gives what it printed; rejects with its complaint if it fails. */
export async function runProgram(program: string, words: readonly string[], input = ''): Promise<string> {
  const running = execute(program, words, { maxBuffer: mostOutput })
  running.child.stdin?.on('error', () => undefined) // it may end without reading what it is told
  running.child.stdin?.end(input)
  const { stdout } = await running
  return stdout.trimEnd()
}

/** Asks the Docker engine for something, as a person does on the command line. */
export async function docker(...words: readonly string[]): Promise<string> {
  return await runProgram('docker', words)
}

/** Runs a program in the network of a process of this machine, with the rights of ours. */
export async function inNetworkOf(pid: number, words: readonly string[], input = ''): Promise<string> {
  return await runProgram('nsenter', [`--target=${pid}`, '--net', ...words], input)
}

/** The end of what a container has said, on both its outputs. */
export async function lastLines(container: string): Promise<string> {
  const { stdout, stderr } = await execute('docker', ['logs', '--tail', '60', container])
  return `${stdout}${stderr}`
}
