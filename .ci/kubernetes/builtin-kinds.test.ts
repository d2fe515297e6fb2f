import { describe, expect, it } from 'vitest'
import { builtinKinds } from './builtin-kinds.ts'

const kindOf = (group: string, version: string, kind: string) => ({
  'x-kubernetes-group-version-kind': [{ group, version, kind }],
})
const reference = (name: string) => ({ $ref: `#/definitions/${name}` })

const swagger = {
  definitions: {
    Pod: { type: 'object', properties: { spec: reference('PodSpec') }, required: ['spec'], ...kindOf('', 'v1', 'Pod') },
    PodSpec: { type: 'object', properties: { memory: reference('io.k8s.apimachinery.pkg.api.resource.Quantity') } },
    NetworkPolicy: { type: 'object', ...kindOf('networking.k8s.io', 'v1', 'NetworkPolicy') },
    Tree: { type: 'object', properties: { child: reference('Tree') }, ...kindOf('x', 'v2', 'Tree') },
    DeleteOptions: {
      type: 'object',
      'x-kubernetes-group-version-kind': [
        { group: '', version: 'v1', kind: 'DeleteOptions' },
        { group: 'apps', version: 'v1', kind: 'DeleteOptions' },
      ],
    },
    'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
  },
}

describe('schemas of the kinds of Kubernetes', () => {
  const kinds = builtinKinds(swagger)

  it('are named as kubeconform looks for them, without kinds that stand in no manifest', () => {
    expect([...kinds.keys()]).toEqual(['pod-v1.json', 'networkpolicy-networking-v1.json', 'tree-x-v2.json'])
  })

  it('hold what they refer to, and nothing else', () => {
    const { definitions } = kinds.get('pod-v1.json') as { definitions: Record<string, unknown> }
    expect(Object.keys(definitions)).toEqual(['PodSpec', 'io.k8s.apimachinery.pkg.api.resource.Quantity'])
  })

  it('may refer to themselves', () => {
    expect(Object.keys(kinds.get('tree-x-v2.json')?.definitions as object)).toEqual(['Tree'])
  })

  it('take one apiVersion and kind, and want them', () => {
    expect(kinds.get('networkpolicy-networking-v1.json')).toMatchObject({
      properties: { apiVersion: { enum: ['networking.k8s.io/v1'] }, kind: { enum: ['NetworkPolicy'] } },
      required: ['apiVersion', 'kind', 'metadata'],
    })
    expect(kinds.get('pod-v1.json')).toMatchObject({ properties: { apiVersion: { enum: ['v1'] } } })
  })

  it('take numbers for quantities, as Kubernetes does', () => {
    expect(kinds.get('pod-v1.json')?.definitions).toMatchObject({
      'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
    })
  })
})
