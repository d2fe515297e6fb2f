import { adoptFormat, type FormatRecord, type Migration, type StoredFormat } from '@parley/domain'
import { ConfigError } from './load-config.ts'

/** Lets nothing work with what is stored in a format that it does not know. Rejects with ConfigError, which says what to do. */
export async function requireFormat(record: FormatRecord, migrations: readonly Migration[]): Promise<void> {
  const state = await adoptFormat(record, migrations)
  const needed = migrations.at(-1)?.to
  if (state === 'behind') {
    throw new ConfigError(
      `what Redis holds is of an older format than ${needed}, which this version needs.\nRun "parley migrate --config FILE" of this version first; the old version may go on meanwhile.`,
    )
  }
  if (state === 'ahead') throw new ConfigError(newerFormat(await record.read(), needed))
}

/** What to say to who runs a version that is too old for what is stored. */
export function newerFormat(stored: StoredFormat | undefined, known: number | undefined): string {
  return `a newer version of Parley has brought what Redis holds to format ${stored?.format}; this one knows formats up to ${known}.\nRun the newer version, or restore a backup of Redis from before its "parley migrate".`
}
