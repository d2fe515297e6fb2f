import { z } from 'zod'
import { clusterConfig } from '../packages/server/src/cluster-config.ts'
import type { JsonSchema } from './json-schema.ts'

/** Settings that the chart, or the command line of its pods, always makes: given in `config`, they would be lost. */
const madeByChart = new Set(['listen', 'admin', 'cluster', 'home.names', 'federation.listen', 'federation.client'])

/** Settings that a cluster needs, and that the chart makes from its other values unless they are given. */
const madeIfAbsent = new Set(['redis', 'nats', 'nats.servers', 'directory.bind.passwordFile'])

/** What `config` may be in the chart's values: the configuration of a cluster, less what the chart makes. */
export function chartConfigSchema(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(clusterConfig, { io: 'input', target: 'draft-7' }) as JsonSchema
  return withoutMade(schema, '')
}

function withoutMade(schema: JsonSchema, prefix: string): JsonSchema {
  if (!schema.properties) return schema
  const kept = Object.entries(schema.properties).filter(([name]) => !madeByChart.has(`${prefix}${name}`))
  const needed = schema.required?.filter(
    (name) => ![madeByChart, madeIfAbsent].some((set) => set.has(`${prefix}${name}`)),
  )
  return {
    ...schema,
    properties: Object.fromEntries(kept.map(([name, each]) => [name, withoutMade(each, `${prefix}${name}.`)])),
    ...(needed && { required: needed }),
  }
}
