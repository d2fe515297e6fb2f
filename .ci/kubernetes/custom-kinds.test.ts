import { expect, it } from 'vitest'
import { customKinds } from './custom-kinds.ts'

it('makes a schema for each served version of a custom resource', () => {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties: { a: {} } } } }
  const kinds = customKinds({
    kind: 'CustomResourceDefinition',
    spec: {
      group: 'example.com',
      names: { kind: 'Widget' },
      versions: [
        { name: 'v1', served: true, schema: { openAPIV3Schema } },
        { name: 'v1alpha1', served: false, schema: { openAPIV3Schema } },
      ],
    },
  })
  expect([...kinds.keys()]).toEqual(['example.com/widget_v1.json'])
  expect(kinds.get('example.com/widget_v1.json')).toMatchObject({
    properties: {
      apiVersion: { enum: ['example.com/v1'] },
      kind: { enum: ['Widget'] },
      spec: { properties: { a: {} }, additionalProperties: false },
    },
    required: ['apiVersion', 'kind', 'metadata'],
    additionalProperties: false,
  })
})
