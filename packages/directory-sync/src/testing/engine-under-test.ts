import {
  type HomeName,
  LocationsMemory,
  ManualClock,
  type MapEntry,
  parseHomeName,
  RenamesMemory,
  SyncStoreMemory,
} from '@parley/domain'
import type { AssignmentRules } from '../home-assignment.ts'
import { SyncEngine, type SyncSettings } from '../sync-engine.ts'
import type { SyncPorts } from '../sync-ports.ts'
import type { RunOptions, SyncResult } from '../sync-report.ts'
import { ScriptedDirectory } from './scripted-directory.ts'

export const hq = parseHomeName('hq-1')
export const oslo = parseHomeName('oslo-1')
export const dayMs = 86_400_000

/** An engine with all it stands on in memory. */
export class EngineUnderTest {
  readonly clock = new ManualClock()
  readonly directory = new ScriptedDirectory()
  readonly map = new LocationsMemory()
  readonly renames = new RenamesMemory(this.map, this.clock)
  readonly store = new SyncStoreMemory(this.clock, this.map)
  homes: HomeName[] = [hq, oslo]
  rules: AssignmentRules = { rules: [], sites: {} }
  settings: Omit<SyncSettings, 'rules'> = { renameMs: 90 * dayMs, fullReadMs: dayMs }
  #engine: SyncEngine | undefined

  get ports(): SyncPorts {
    const { directory: source, map, renames, store, clock } = this
    return { source, map, renames, store, clock, homes: async () => this.homes }
  }

  /** An engine of its own, as a process that has just been started has it. */
  restart(ports: SyncPorts = this.ports): SyncEngine {
    this.#engine = new SyncEngine(ports, { ...this.settings, rules: this.rules })
    return this.#engine
  }

  async run(options: Partial<RunOptions> = {}): Promise<SyncResult> {
    await this.store.hold('test', 60_000)
    const engine = this.#engine ?? this.restart()
    return await engine.run({ holder: 'test', mostRemoved: 0.2, step: () => {}, ...options })
  }

  async entryOf(id: string): Promise<MapEntry | undefined> {
    return (await this.entries()).find((entry) => entry.id === id)
  }

  async entries(): Promise<readonly MapEntry[]> {
    return await Array.fromAsync(this.map.all())
  }

  /** What waits, by id. */
  async waiting(): Promise<Record<string, string>> {
    const all = await this.store.waiting()
    return Object.fromEntries(all.map(({ entry, problem }) => [entry.id, problem.what]))
  }
}
