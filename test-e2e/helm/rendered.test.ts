import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubernetesVersions } from '../../.ci/kubernetes/schema-store.ts'
import {
  chartFolder,
  defaultNamespace,
  eachOf,
  exampleFile,
  exampleNames,
  manifestsOf,
  render,
  renderText,
  runTool,
} from './chart.ts'
import { configFindings } from './config-rules.ts'
import { conformity } from './conformity.ts'
import type { Manifest } from './manifest.ts'
import { outsideOf, renderings } from './matrix.ts'
import { unguardedPods } from './network-policies.ts'
import { objectFindings } from './object-rules.ts'
import { podFindings } from './pod-rules.ts'

const all = renderings()

describe('what the chart makes of examples and of the matrix of values', () => {
  let folder: string
  const texts = new Map<string, string>()
  const rendered = (title: string): Manifest[] => manifestsOf(texts.get(title) ?? '')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-chart-'))
    await eachOf(all, async ({ title, values, options }) => {
      const text = await renderText(values, options)
      texts.set(title, text)
      await writeFile(join(folder, `${title.replace(/ \(.*/, '')}.yaml`), text)
    })
  })
  afterAll(() => rm(folder, { recursive: true }))

  for (const version of kubernetesVersions)
    it(`is what Kubernetes ${version} describes, and nothing else`, () => {
      const { valid, findings } = conformity(folder, version)
      expect(findings).toEqual([])
      expect(valid).toBeGreaterThan(all.length * 10)
    })

  describe.each(all)('$title', ({ title, values, options }) => {
    it('keeps the rules for pods and for objects', () => {
      const manifests = rendered(title)
      expect(podFindings(manifests, outsideOf(values))).toEqual([])
      expect(objectFindings(manifests, options.namespace ?? defaultNamespace)).toEqual([])
    })

    it('has a configuration that Parley accepts, with all files that it names', () => {
      expect(configFindings(rendered(title))).toEqual([])
    })

    it('limits every pod’s connections, in both directions, unless that is off', () => {
      const { networkPolicy } = values as { networkPolicy?: { enabled?: boolean } }
      const unguarded = unguardedPods(rendered(title), options.namespace ?? defaultNamespace)
      if (networkPolicy?.enabled === false) expect(unguarded).not.toEqual([])
      else expect(unguarded).toEqual([])
    })
  })
})

describe('the chart', () => {
  it.each(exampleNames())('passes helm lint with %s', async (name) => {
    const output = await runTool('helm', 'lint', '--strict', chartFolder, '--values', exampleFile(name))
    expect(output).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  it('needs the oldest Kubernetes that it is checked against', async () => {
    const [{ values }] = all as [(typeof all)[0]]
    const [oldest] = kubernetesVersions
    expect(await render(values, { kubernetes: oldest })).not.toEqual([])
    const [major, minor] = oldest.split('.')
    await expect(render(values, { kubernetes: `${major}.${Number(minor) - 1}.99` })).rejects.toThrow(/kubeVersion/)
  })
})
