import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PinnedProcess } from './pinned-process.ts'
import { domain, type Settings } from './settings.ts'
import { usersYaml } from './users-yaml.ts'

const parley = join(import.meta.dirname, '../../server/src/main.ts')
const collectOnSignal = join(import.meta.dirname, 'collect-on-signal.ts')
const connections = 60_000

/** How a server is started for a workload. */
export interface OfficeOptions {
  /** A directory of its own below that of the run. */
  readonly name: string
  readonly users: number
  readonly logLevel?: 'warn' | 'info'
  /** Whether `collectGarbage` shall work. */
  readonly collectable?: boolean
}

/** Starts `parley serve` with an empty store and that many users, pinned to the server's processor. */
export async function startOffice(settings: Settings, options: OfficeOptions): Promise<PinnedProcess> {
  const { name, users, logLevel = 'warn', collectable = false } = options
  const directory = join(settings.directory, name)
  mkdirSync(directory)
  const usersFile = join(directory, 'users.yaml')
  const config = join(directory, 'parley.yaml')
  writeFileSync(usersFile, usersYaml(users), { mode: 0o600 })
  // NOTE: all clients of the load have one address.
  const limits = `connections: ${connections}, connectionsPerAddress: ${connections}`
  writeFileSync(
    config,
    `domains: [{ name: ${domain} }]\nlisten: [{ at: '127.0.0.1:0' }]\nlimits: { ${limits} }\n` +
      `data: ${JSON.stringify(join(directory, 'data'))}\nusers: ${JSON.stringify(usersFile)}\n`,
  )
  const flags = ['--config', config, '--log-level', logLevel, '--insecure-loopback-callbacks']
  const nodeOptions = [...settings.nodeOptions, ...(collectable ? ['--expose-gc', '--import', collectOnSignal] : [])]
  const pinned = { serverCpu: settings.serverCpu, nodeOptions }
  return await PinnedProcess.start(pinned, [parley, 'serve', ...flags], join(directory, 'server.log'))
}
