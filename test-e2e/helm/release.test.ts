import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { chartFolder, exampleNames, exampleValues, render, renderText, runTool, withoutSecrets } from './chart.ts'
import { type Manifest, selects, titleOf, workloads } from './manifest.ts'
import { outsideOf } from './matrix.ts'
import { objectFindings } from './object-rules.ts'
import { podFindings } from './pod-rules.ts'

const trial = exampleValues('trial.yaml')

describe('a release', () => {
  it.each(exampleNames())('is the same each time, but for secrets that are made up: %s', async (name) => {
    const values = exampleValues(name)
    expect(withoutSecrets(await renderText(values))).toBe(withoutSecrets(await renderText(values)))
  })

  it.each([
    ['n', 'y'],
    ['true', '1e3'],
    ['null', '123'],
  ])(
    'may be called %s in the namespace %s, which YAML takes for something else than text',
    async (release, namespace) => {
      const manifests = await render(trial, { release, namespace })
      expect(podFindings(manifests, outsideOf(trial))).toEqual([])
      expect(objectFindings(manifests, namespace)).toEqual([])
    },
  )

  it('is refused, with what to do, where its name cannot be that of a Service', async () => {
    await expect(render(trial, { release: '1st' })).rejects.toThrow(/set fullnameOverride to/)
    await expect(render({ ...trial, fullnameOverride: 'im.parley' })).rejects.toThrow(/set fullnameOverride to/)
  })

  it('keeps to names that Kubernetes takes, or refuses and tells what to do', async () => {
    for (const length of [20, 30, 36, 40, 45, 53]) {
      const release = 'r'.repeat(length)
      const findings = await render(trial, { release }).then(
        (manifests) => objectFindings(manifests, 'im'),
        (error: Error) => (/fullnameOverride/.test(error.message) ? [] : [error.message]),
      )
      expect(findings).toEqual([])
    }
  })

  it('gives a router that is to stop the time to serve on and to finish what it has', async () => {
    for (const [leaveSeconds, drainSeconds, grace] of [
      [undefined, undefined, 35],
      [0, 5, 20],
      [20.5, 30, 66],
    ]) {
      const config = { ...(trial.config as object), leaveSeconds, drainSeconds }
      const manifests = await render({ ...trial, config: JSON.parse(JSON.stringify(config)) })
      const router = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('-router'))
      const text = manifests.find(({ data }) => data?.['router.yaml'] !== undefined)?.data?.['router.yaml'] ?? ''
      expect(parse(text)).toMatchObject({ leaveSeconds: leaveSeconds ?? 10 })
      expect(router?.spec).toMatchObject({ template: { spec: { terminationGracePeriodSeconds: grace } } })
    }
  })

  it('does not meet another of the same namespace', async () => {
    const [first, second] = [await render(trial, { release: 'first' }), await render(trial, { release: 'second' })]
    const names = new Set(first.map(titleOf))
    expect(second.map(titleOf).filter((title) => names.has(title))).toEqual([])
    expect(strangersOf(first, second)).toEqual([])
    expect(strangersOf(second, first)).toEqual([])
  })
})

/** Pods of `others` that something in `manifests` chooses. */
function strangersOf(manifests: readonly Manifest[], others: readonly Manifest[]): string[] {
  const pods = workloads(others)
  return manifests.flatMap((manifest) => {
    const { selector, podSelector } = manifest.spec ?? {}
    const labels = manifest.kind === 'Service' ? { matchLabels: selector } : (podSelector ?? selector)
    return pods
      .filter((pod) => selects(labels as Parameters<typeof selects>[0], pod.labels))
      .map((pod) => `${titleOf(manifest)} chooses ${titleOf(pod.manifest)}`)
  })
}

describe('the package of the chart', () => {
  it('holds what Helm needs, and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-chart-package-'))
    try {
      await runTool('helm', 'package', chartFolder, '--destination', folder)
      const [archive = ''] = readdirSync(folder)
      const files = execFileSync('tar', ['-tzf', join(folder, archive)], { encoding: 'utf8' })
        .trim()
        .split('\n')
      const expected =
        /^parley\/(?:Chart\.yaml|values\.yaml|values\.schema\.json|README\.md|\.helmignore|alerts\.yaml|templates\/(?:tests\/)?[\w-]+\.(?:yaml|tpl|txt)|dashboards\/[\w-]+\.json)$/
      expect(files.filter((file) => !expected.test(file))).toEqual([])
      for (const needed of ['Chart.yaml', 'values.yaml', 'values.schema.json', 'README.md', 'templates/NOTES.txt'])
        expect(files).toContain(`parley/${needed}`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
