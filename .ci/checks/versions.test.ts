import { describe, expect, it } from 'vitest'
import { chartWith, versionFindings } from './versions.ts'

const server = { path: 'packages/server/package.json', text: '{ "version": "1.2.0" }' }
const chart = { path: 'helm/parley/Chart.yaml', text: 'name: parley\nversion: 1.2.0\nappVersion: 1.2.0\n' }

describe('versions', () => {
  it('agree', () => {
    expect(versionFindings([server, chart, { path: 'packages/home/package.json', text: '{}' }])).toEqual([])
  })

  it('disagree when another package, or the chart, has one of its own', () => {
    const old = { ...chart, text: 'version: 1.2.0\nappVersion: 1.1.0\n' }
    const other = { path: 'packages/home/package.json', text: '{ "version": "1.2.0" }' }
    expect(versionFindings([server, old, other]).map(({ path }) => path)).toEqual([old.path, other.path])
  })

  it('of the chart are written in place', () => {
    expect(chartWith(chart.text, '1.3.0')).toBe('name: parley\nversion: 1.3.0\nappVersion: 1.3.0\n')
  })
})
