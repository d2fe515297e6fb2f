/** Makes sure of what the tests of the chart need: helm, kubeconform, and the schemas of Kubernetes. Needs Go 1.26 where they are missing. */
import { ensureGoTools } from './go-tools.ts'
import { ensureSchemas } from './kubernetes/schema-store.ts'

/** Tells whether all are there; says what is missing. */
export function ensureChartTools(): boolean {
  const tools = ensureGoTools()
  return ensureSchemas() && tools
}

if (import.meta.main && !ensureChartTools()) process.exitCode = 1
