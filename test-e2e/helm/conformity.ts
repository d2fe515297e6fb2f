import { spawnSync } from 'node:child_process'
import { z } from 'zod'
import { requireGoTool } from '../../.ci/go-tools.ts'
import { schemaLocations } from '../../.ci/kubernetes/schema-store.ts'

const reportOfKubeconform = z.object({
  resources: z
    .array(z.object({ filename: z.string(), kind: z.string(), name: z.string(), status: z.string(), msg: z.string() }))
    .nullish(),
  summary: z.object({ valid: z.int() }),
})

/** What kubeconform says of all manifests in a folder. */
export interface Conformity {
  readonly valid: number
  readonly findings: readonly string[]
}

/** Compares the manifests with the schemas of a version of Kubernetes. A kind without a schema is a finding, too. */
export function conformity(folder: string, kubernetes: string): Conformity {
  const options = ['-strict', '-summary', '-output', 'json', '-kubernetes-version', kubernetes, ...schemaLocations()]
  const { stdout, stderr } = spawnSync(requireGoTool('kubeconform'), [...options, folder], { encoding: 'utf8' })
  if (stdout === '') throw new Error(`kubeconform: ${stderr}`)
  const { resources, summary } = reportOfKubeconform.parse(JSON.parse(stdout))
  return {
    valid: summary.valid,
    findings: (resources ?? []).map(({ filename, kind, name, msg }) => {
      const [, place = msg] = /json#' - (.*)/.exec(msg) ?? []
      return `${filename.slice(folder.length + 1)}: ${kind} ${name}: ${place}`
    }),
  }
}
