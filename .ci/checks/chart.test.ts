import { describe, expect, it } from 'vitest'
import { chartConfigSchema } from '../../helm/chart-config.ts'
import { valueTables } from '../../helm/value-tables.ts'
import { documentedValues } from '../../helm/values-file.ts'
import { schemaAt, valuesSchema } from '../../helm/values-schema.ts'
import { disagreements } from './chart.ts'

const text = `# Values of a chart.

# -- Its name;
# none when empty.
name: ""

image:
  # -- Where it is.
  repository: parley
  # Not for people.
  tag: ""
# -- Processor and memory.
resources:
  limits: { cpu: 1 }
# -- Sites.
sites:
  - name: hq
`

const schema = {
  properties: {
    global: { type: 'object' },
    name: { type: 'string' },
    image: { type: 'object', properties: { repository: { type: 'string' }, digest: { type: 'string' } } },
    resources: { type: 'object', properties: { limits: { type: 'object' } } },
    sites: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', description: 'A | b.' }, more: { type: 'object' } },
      },
    },
  },
}

describe('values.yaml', () => {
  it('is read with the comments that are for people; what has one is one value', () => {
    expect(documentedValues(text)).toEqual([
      { path: ['name'], description: 'Its name; none when empty.', value: '' },
      { path: ['image', 'repository'], description: 'Where it is.', value: 'parley' },
      { path: ['image', 'tag'], value: '' },
      { path: ['resources'], description: 'Processor and memory.', value: { limits: { cpu: 1 } } },
      { path: ['sites'], description: 'Sites.', value: [{ name: 'hq' }] },
    ])
  })

  it('must agree with helm/values.ts, and describe everything', () => {
    expect(disagreements(documentedValues(text), schema)).toEqual([
      'image.tag has no comment "# -- …"',
      'image.tag is not in helm/values.ts',
      'image.digest is in helm/values.ts only',
    ])
  })

  it('becomes tables, with what entries of lists hold where that is described', () => {
    expect(valueTables(documentedValues(text), schema)).toBe(`| value | type | default | meaning |
| --- | --- | --- | --- |
| \`name\` | string | \`""\` | Its name; none when empty. |
| \`resources\` | object | \`{"limits":{"cpu":1}}\` | Processor and memory. |
| \`sites\` | list of objects | \`[{"name":"hq"}]\` | Sites. |
| \`sites[].name\` | string | required | A \\| b. |

### \`image\`

| value | type | default | meaning |
| --- | --- | --- | --- |
| \`image.repository\` | string | \`"parley"\` | Where it is. |
| \`image.tag\` | anything | \`""\` |  |
`)
  })
})

describe('the schema of the values', () => {
  it('has the descriptions of values.yaml, and knows no value that is not there', () => {
    const made = valuesSchema([{ path: ['image', 'tag'], description: 'Its tag.', value: '' }])
    expect(schemaAt(made, ['image', 'tag'])).toMatchObject({ type: 'string', description: 'Its tag.' })
    expect(schemaAt(made, ['image'])).toMatchObject({ additionalProperties: false })
    expect(schemaAt(made, ['sites', '[]', 'name'])).toMatchObject({ type: 'string' })
  })

  it('takes Parley’s configuration without what the chart makes', () => {
    const config = chartConfigSchema()
    expect(config.required).toEqual([])
    expect(config.additionalProperties).toBe(false)
    expect(schemaAt(config, ['listen'])).toEqual({ description: 'Set by the chart.' })
    expect(schemaAt(config, ['directory'])?.required).toEqual(['servers', 'preset', 'base'])
    expect(schemaAt(config, ['directory', 'bind'])?.required).toEqual(['dn'])
    expect(schemaAt(config, ['limits', 'connections'])).toMatchObject({ type: 'integer' })
  })
})
