import type { FormatRecord, StoredFormat } from './format-record.ts'

/**
 * A step from one format to the next. It may be carried out again, also half-way, by two at once, and while processes that know
 * the format before it are at work.
 */
export interface Migration {
  /** The format that it makes; they come one after the other, the first makes 1. */
  readonly to: number
  /** See StoredFormat. A step that adds leaves it; one that takes away what older versions need raises it, a version later. */
  readonly readers: number
  /** What it does, in a few words. */
  readonly what: string
  /** Rejects when it cannot be completed; then the format stays. `tell` hears how far it has come. */
  run(tell: (progress: string) => void): Promise<void>
}

/** How what is stored and a version of the program go together. */
export type FormatState =
  /** The program can work with it. */
  | 'current'
  /** It must be migrated first. */
  | 'behind'
  /** A newer version has migrated it. */
  | 'ahead'

/** What was stored before formats were recorded. */
const firstFormat: StoredFormat = { format: 1, readers: 1 }

/** Judges what is stored, of which the record says `stored`, for a program that knows the formats that `migrations` make. */
export function formatState(stored: StoredFormat | undefined, migrations: readonly Migration[]): FormatState {
  const { format, readers } = stored ?? firstFormat
  const { to } = newestOf(migrations)
  if (readers > to) return 'ahead'
  return format < to ? 'behind' : 'current'
}

/** Judges what is stored for a process that starts, and records the format when nobody has. */
export async function adoptFormat(record: FormatRecord, migrations: readonly Migration[]): Promise<FormatState> {
  const stored = await record.read()
  if (stored) return formatState(stored, migrations)
  const { to, readers } = newestOf(migrations)
  const found = (await record.isEmpty()) ? { format: to, readers } : firstFormat
  const state = formatState(found, migrations)
  if (state !== 'current' || (await record.replace(undefined, found))) return state
  return formatState(await record.read(), migrations)
}

/**
 * Carries out what is left to do, in order, and records each step; resolves with the formats that were made. `tell` hears what is
 * done. Rejects with what a step rejects with.
 */
export async function migrate(
  record: FormatRecord,
  migrations: readonly Migration[],
  tell: (progress: string) => void,
): Promise<readonly number[]> {
  const made: number[] = []
  for (;;) {
    const stored = await record.read()
    const step = migrations.find(({ to }) => to === (stored?.format ?? 0) + 1)
    if (!step) return made
    const { to, readers, what } = step
    tell(`format ${to}: ${what}`)
    await step.run(tell)
    // NOTE: false when somebody else was faster; what is recorded then tells how to go on.
    if (await record.replace(stored, { format: to, readers })) made.push(to)
  }
}

function newestOf(migrations: readonly Migration[]): Pick<Migration, 'to' | 'readers'> {
  return migrations.at(-1) ?? { to: firstFormat.format, readers: firstFormat.readers }
}
