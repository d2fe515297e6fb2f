import { describe, expect, it } from 'vitest'
import { expanded } from './container-options.ts'
import { filesOf, readManifests } from './manifests.ts'

const pod = (spec: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { automountServiceAccountToken: false, enableServiceLinks: false, ${spec} } }`

describe('manifests', () => {
  it('are refused, with the place, where a field would not be carried out', () => {
    const text = pod('hostNetwork: true, containers: [{ name: c, image: i, tty: true }]')
    expect(() => readManifests(text)).toThrow(/Pod p is not carried out here/)
    expect(() => readManifests(text)).toThrow(/Unrecognized key: "tty"\n.*at spec\.containers\[0\]/)
    expect(() => readManifests(text)).toThrow(/Unrecognized key: "hostNetwork"\n.*at spec/)
  })

  it('are refused when they are of a kind that is not known', () => {
    expect(() => readManifests('{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: d } }')).toThrow(
      /DaemonSet d/,
    )
  })

  it('are refused when a pod would be given a token of the cluster', () => {
    const text = pod('containers: [{ name: c, image: i }]').replace('automountServiceAccountToken: false', '')
    expect(() => readManifests(text)).toThrow(/automountServiceAccountToken/)
  })

  it('hold files of Secrets in base64 and in clear', () => {
    const secret = '{ apiVersion: v1, kind: Secret, metadata: { name: s }, data: { a: aGk= }, stringData: { b: ho } }'
    const files = filesOf(readManifests(secret), 'Secret', 's')
    expect([...(files ?? [])].map(([name, content]) => `${name}=${content}`)).toEqual(['a=hi', 'b=ho'])
  })

  it('have variables replaced that are known, and others left alone', () => {
    const environment = new Map([['POD_INDEX', '2']])
    expect(expanded('hq-$(POD_INDEX) $(OTHER) $$(POD_INDEX)', environment)).toBe('hq-2 $(OTHER) $(POD_INDEX)')
  })
})
