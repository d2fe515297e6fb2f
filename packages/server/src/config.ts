import { z } from 'zod'
import { commonSections, sections } from './config-sections.ts'
import { searchSection } from './search-config.ts'

/** Everything `parley serve` can be told; every field has a default but the domains, the store and the users file. */
export const serveConfig = z.strictObject({
  domains: sections.domains,
  listen: sections.listen,
  data: z.string('is missing: the directory of the store, --data DIR').describe('Directory of the embedded store.'),
  users: z
    .string('is missing: the users file, --users FILE; "parley user add" makes it')
    .describe('YAML file with users and their verifiers; "parley user" writes it.'),
  search: searchSection.omit({ within: true }).prefault({}).describe('Search for people.'),
  ...commonSections,
})

export type ServeConfig = z.output<typeof serveConfig>
export type ServeConfigInput = z.input<typeof serveConfig>
