import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imageDescriptions } from './descriptions.ts'
import { dataFolder, user } from './root-file-system.ts'
import { sbomFile } from './sbom.ts'

const text = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')
const line = (instruction: string) => new RegExp(`^${instruction} (.*)$`, 'm').exec(text)?.[1]
const description = imageDescriptions.find(({ name }) => name === 'parley')

describe('deploy/Dockerfile', () => {
  it('runs what the image of build.ts runs, as the same user, in the same place', () => {
    expect(JSON.parse(line('ENTRYPOINT') ?? '')).toEqual(description?.entrypoint)
    expect(line('USER')).toBe(`${user.id}:${user.id}`)
    expect(line('WORKDIR')).toBe('/build')
    expect(text).toContain(`\nWORKDIR ${dataFolder}\n`)
    expect(text).toContain(`--chown=${user.id}:${user.id} /owned /`)
  })

  it('names the same ports, title and bill of materials', () => {
    expect(line('EXPOSE')?.split(' ').map(Number)).toEqual(description?.ports)
    expect(text).toContain(`org.opencontainers.image.title="${description?.title}"`)
    expect(text).toContain(`parley.sbom=${description && sbomFile(description)}`)
  })

  it('installs the Debian packages that build.ts asks for', () => {
    const installed = /apt-get install --yes --no-install-recommends ([^\\]+)/.exec(text)?.[1]?.trim().split(' ')
    // Those that every Debian has need no mention.
    const always = ['libc6', 'libgcc-s1']
    expect(installed?.filter((name) => name !== 'ca-certificates')).toEqual(
      description?.packages.filter((name) => !always.includes(name)).sort(),
    )
  })
})
