import { looksLikeCsv, readCsvProfiles, writeCsvProfiles } from './csv-profiles.ts'
import { decodeText, encodeCodePage } from './decode-text.ts'
import { readJsonProfiles, writeJsonProfiles } from './json-profiles.ts'
import { looksLikeRegFile, parseRegFile } from './parse-reg-file.ts'
import type { FoundProfiles, Profile } from './profile.ts'
import { readRegProfiles, regKeysOf } from './reg-profiles.ts'
import { writeRegFile } from './write-reg-file.ts'

/** `reg` is version 5 in UTF-16LE; `regedit4` is for Windows 98 and NT 4, in a code page. */
export const contactFileFormats = ['reg', 'regedit4', 'csv', 'json'] as const

export type ContactFileFormat = (typeof contactFileFormats)[number]

/** The code page of REGEDIT4 in Western Europe and America. */
export const defaultEncoding = 'windows-1252'

/** Reads a contact file of any format, which its beginning tells. Throws ContactsError. */
export function readContactFile(bytes: Uint8Array, encoding: string = defaultEncoding): FoundProfiles {
  const text = decodeText(bytes, encoding)
  if (looksLikeCsv(text)) return readCsvProfiles(text)
  if (!looksLikeRegFile(text) && /^\ufeff?\s*\[/.test(text)) return readJsonProfiles(text.replace(/^\ufeff/, ''))
  return readRegProfiles(parseRegFile(text), encoding)
}

/** Writes profiles so that `readContactFile` reads them again. Throws ContactsError when the code page lacks a character. */
export function writeContactFile(
  profiles: readonly Profile[],
  format: ContactFileFormat,
  encoding: string = defaultEncoding,
): Buffer {
  switch (format) {
    case 'reg':
      return Buffer.from(`\ufeff${writeRegFile({ version: 5, keys: regKeysOf(profiles) })}`, 'utf16le')
    case 'regedit4':
      return encodeCodePage(writeRegFile({ version: 4, keys: regKeysOf(profiles) }), encoding)
    case 'csv':
      return Buffer.from(`\ufeff${writeCsvProfiles(profiles)}`)
    case 'json':
      return Buffer.from(writeJsonProfiles(profiles))
  }
}
