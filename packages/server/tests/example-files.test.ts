import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadClusterConfig } from '../src/load-cluster-config.ts'

const folder = join(import.meta.dirname, '../../../deploy/examples')
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

describe('deploy/examples', () => {
  it('has one for each kind of directory', () => {
    expect(examples.sort()).toEqual(['cluster-directory-ad.yaml', 'cluster-directory-openldap.yaml'])
  })

  it.each(examples)('loads as what a command takes: %s', (name) => {
    const { directory, search, sync } = loadClusterConfig({ config: join(folder, name) })
    // What the file says of search and assignment names only what the directory is asked for.
    const known = Object.keys(directory?.search ?? {})
    const asked = [
      ...search.show.filter((attribute) => attribute !== 'mail'),
      ...(search.within === undefined || search.within === 'unit' ? [] : [search.within]),
      ...sync.assignment.rules.flatMap(({ attribute }) => attribute ?? []),
    ]
    expect(asked.filter((attribute) => !known.includes(attribute))).toEqual([])
    const sites = Object.keys(sync.assignment.sites)
    expect(sync.assignment.rules.map(({ site }) => site).filter((site) => !sites.includes(site))).toEqual([])
  })
})
