import { z } from 'zod'
import { clusterConfig } from '../packages/server/src/cluster-config.ts'
import type { JsonSchema } from './json-schema.ts'

/**
 * Settings that the chart, or the command line of its pods, always makes. The schema lets them through: the chart refuses them
 * itself, and says which of its values to use instead.
 */
const madeByChart = new Set(['listen', 'admin', 'cluster', 'home.names', 'federation.listen', 'federation.client'])

/** Settings that a cluster needs, and that the chart makes from its other values, or asks for in plain words. */
const notRequired = new Set(['domains', 'redis', 'nats', 'cluster', 'nats.servers', 'directory.bind.passwordFile'])

/** What `config` may be in the chart's values: the configuration of a cluster, less what the chart makes. */
export function chartConfigSchema(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(clusterConfig, { io: 'input', target: 'draft-7' }) as JsonSchema
  return withoutMade(schema, '')
}

function withoutMade(schema: JsonSchema, prefix: string): JsonSchema {
  if (!schema.properties) return schema
  const properties = Object.entries(schema.properties).map(([name, each]) => {
    const path = `${prefix}${name}`
    return [name, madeByChart.has(path) ? { description: 'Set by the chart.' } : withoutMade(each, `${path}.`)] as const
  })
  const required = schema.required?.filter((name) => !notRequired.has(`${prefix}${name}`))
  return { ...schema, properties: Object.fromEntries(properties), ...(required && { required }) }
}
