import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../checks/source-file.ts'
import { type Envelope, signedBytes, signStatement } from './envelope.ts'
import { obstacles } from './readiness.ts'

const ready = {
  version: '1.2.0',
  changes: [],
  changesets: [],
  changelog: '# parley\n\n## 1.2.0\n\n- Better\n',
  tags: ['v1.1.0'],
  disagreements: [],
  hasHelm: true,
}

describe('a version', () => {
  it('can be released when all is committed, told, new and of one number', () => {
    expect(obstacles(ready)).toEqual([])
  })

  it('cannot, for everything that is in the way, named at once', () => {
    const found = obstacles({
      version: '1.1.0',
      changes: [' M README.md'],
      changesets: ['brave-cats.md'],
      changelog: '## 1.1.0-rc.1\n',
      tags: ['v1.1.0'],
      disagreements: ['helm/parley/Chart.yaml is not of version 1.1.0'],
      hasHelm: false,
    })
    expect(found).toEqual([
      '1 files are not as committed, e.g. M README.md',
      'changes wait for a version: brave-cats.md; run "npm run new-version"',
      'the changelog has nothing about 1.1.0',
      'v1.1.0 is released already',
      'helm/parley/Chart.yaml is not of version 1.1.0',
      'helm, which packs the chart, is not there',
    ])
  })
})

describe('a signature', () => {
  it('is refused when the command fails or prints something else', () => {
    expect(() => signStatement('{}', 'echo no key >&2; exit 3')).toThrow('the signing command failed:\nno key')
    expect(() => signStatement('{}', 'echo "no signature!"')).toThrow('no signature in base64')
  })

  it('covers the kind of the statement, and its length, as DSSE demands', () => {
    expect(signedBytes('{}').toString()).toBe('DSSEv1 28 application/vnd.in-toto+json 2 {}')
  })
})

describe('a dry run of a release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-release-test-'))
  const output = join(folder, 'release')
  const [key, publicKey] = [join(folder, 'key.pem'), join(folder, 'public.pem')]
  const tags = () => execFileSync('git', ['-C', root, 'tag', '--list'], { encoding: 'utf8' })
  const before = tags()
  let said = ''

  const read = (ending: string): string => {
    const name = readdirSync(output).find((each) => each.endsWith(ending))
    if (name === undefined) throw new Error(`no file ends with ${ending}`)
    return readFileSync(join(output, name), 'utf8')
  }

  beforeAll(() => {
    execFileSync(
      'openssl',
      ['genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key],
      {
        stdio: 'ignore',
      },
    )
    execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', publicKey])
    const sign = `openssl dgst -sha256 -sign '${key}' | openssl base64 -A`
    const words = [
      '.ci/release.ts',
      '--dry-run',
      '--output',
      output,
      '--sign-with',
      sign,
      '--builder',
      'urn:test',
      'nats',
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${stdout}${stderr}`)
    said = stdout
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  it('makes the image, compressed, with its bill of materials', () => {
    const name = readdirSync(output).find((each) => each.endsWith('.tar.gz'))
    expect(name).toMatch(/^parley-nats-\d+\.\d+\.\d+-linux-(?:amd64|arm64)\.tar\.gz$/)
    const archive = gunzipSync(readFileSync(join(output, name ?? '')))
    expect(archive.includes('manifest.json')).toBe(true)
    expect(JSON.parse(read('.cdx.json'))).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
  })

  it('gives checksums that hold', () => {
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: output })
  })

  it('says in the provenance what each file is, and what it was made from', () => {
    const statement = JSON.parse(read('.intoto.json'))
    const listed = read('SHA256SUMS').trim().split('\n')
    expect(
      statement.subject.map(
        ({ name, digest }: { name: string; digest: { sha256: string } }) => `${digest.sha256}  ${name}`,
      ),
    ).toEqual(listed)
    expect(statement.predicate.runDetails).toEqual({ builder: { id: 'urn:test' } })
    expect(
      statement.predicate.buildDefinition.resolvedDependencies.map(({ name }: { name: string }) => name),
    ).toContain('pnpm-lock.yaml')
  })

  it('has the provenance signed: the signature verifies, and that of another statement does not', () => {
    const { payload, signatures } = JSON.parse(read('.intoto.jsonl')) as Envelope
    const statement = Buffer.from(payload, 'base64').toString()
    expect(`${statement}\n`).toBe(read('.intoto.json'))
    writeFileSync(join(folder, 'signature'), Buffer.from(signatures[0]?.sig ?? '', 'base64'))
    const verify = (text: string) => {
      const words = ['dgst', '-sha256', '-verify', publicKey, '-signature', join(folder, 'signature')]
      return spawnSync('openssl', words, { input: signedBytes(text) }).status
    }
    expect(verify(statement)).toBe(0)
    expect(verify(statement.replace('urn:test', 'urn:evil'))).not.toBe(0)
  })

  it('tags nothing, and tells what it would', () => {
    expect(said).toMatch(/would run: git tag --annotate v\d+\.\d+\.\d+ --message 'Parley [\d.]+' \w+\n$/)
    expect(tags()).toBe(before)
  })

  it('leaves what is there alone', () => {
    const { status } = spawnSync(process.execPath, ['.ci/release.ts', '--dry-run', '--output', output, 'nats'], {
      cwd: root,
    })
    expect(status).toBe(2)
    expect(existsSync(join(output, 'SHA256SUMS'))).toBe(true)
  })
})
