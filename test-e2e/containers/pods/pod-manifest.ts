import { z } from 'zod'

/*
 * The part of a pod's manifest that is carried out here (Kubernetes 1.30, core/v1). Every object is strict: a field that nobody here
 * carries out makes the run fail, rather than pass as if it had been.
 */

/** What tells a scheduler or a real cluster something, and changes nothing in a container. */
const unused = z.unknown().optional()

const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  "metadata.labels['apps.kubernetes.io/pod-index']",
  'status.podIP',
  'status.hostIP',
  'spec.nodeName',
] as const

const environmentVariable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .union([
      z.strictObject({ fieldRef: z.strictObject({ apiVersion: unused, fieldPath: z.enum(fieldPaths) }) }),
      z.strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }) }),
      z.strictObject({ configMapKeyRef: z.strictObject({ name: z.string(), key: z.string() }) }),
    ])
    .optional(),
})

const port = z.union([z.number().int(), z.string()])

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port, scheme: z.literal('HTTP').optional() }).optional(),
  tcpSocket: z.strictObject({ port }).optional(),
  exec: z.strictObject({ command: z.array(z.string()) }).optional(),
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
  successThreshold: z.literal(1).default(1),
})

const containerSecurity = z.strictObject({
  allowPrivilegeEscalation: z.boolean().default(true),
  readOnlyRootFilesystem: z.boolean().default(false),
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().int().optional(),
  runAsGroup: z.number().int().optional(),
  capabilities: z
    .strictObject({ drop: z.array(z.string()).default([]), add: z.array(z.string()).default([]) })
    .default({ drop: [], add: [] }),
  // Docker's own profile is that of a container runtime.
  seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }).optional(),
})

const quantity = z.union([z.string(), z.number()])
const resources = z.strictObject({
  requests: z.record(z.string(), quantity).optional(),
  limits: z
    .strictObject({ cpu: quantity.optional(), memory: quantity.optional(), 'ephemeral-storage': unused })
    .optional(),
})

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: unused,
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).default([]),
  workingDir: z.string().optional(),
  env: z.array(environmentVariable).default([]),
  ports: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        containerPort: z.number().int(),
        protocol: z.literal('TCP').optional(),
      }),
    )
    .default([]),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  resources: resources.optional(),
  securityContext: containerSecurity.prefault({}),
  volumeMounts: z
    .array(
      z.strictObject({
        name: z.string(),
        mountPath: z.string(),
        subPath: z.string().optional(),
        readOnly: z.boolean().default(false),
      }),
    )
    .default([]),
  terminationMessagePolicy: unused,
  terminationMessagePath: unused,
})

const items = z
  .array(z.strictObject({ key: z.string(), path: z.string(), mode: z.number().int().optional() }))
  .optional()
const defaultMode = z.number().int().default(0o644)
const optional = z.boolean().default(false)
const secretSource = z.strictObject({ name: z.string(), items, optional })
const projected = z.union([z.strictObject({ secret: secretSource }), z.strictObject({ configMap: secretSource })])

const volume = z.strictObject({
  name: z.string(),
  configMap: z.strictObject({ name: z.string(), items, defaultMode, optional }).optional(),
  secret: z.strictObject({ secretName: z.string(), items, defaultMode, optional }).optional(),
  projected: z.strictObject({ sources: z.array(projected), defaultMode }).optional(),
  emptyDir: z.strictObject({ medium: z.enum(['', 'Memory']).optional(), sizeLimit: unused }).optional(),
  persistentVolumeClaim: z.strictObject({ claimName: z.string() }).optional(),
})

const podSpec = z.strictObject({
  containers: z.tuple([container]),
  initContainers: z.array(z.never()).optional(),
  volumes: z.array(volume).default([]),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  securityContext: z
    .strictObject({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().int().optional(),
      runAsGroup: z.number().int().optional(),
      fsGroup: z.number().int().optional(),
      fsGroupChangePolicy: unused,
      seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }).optional(),
    })
    .prefault({}),
  // A token that is mounted is one that we would not mount: the chart must do without.
  automountServiceAccountToken: z.literal(false),
  serviceAccountName: unused,
  enableServiceLinks: z.literal(false),
  imagePullSecrets: unused,
  affinity: unused,
  nodeSelector: unused,
  tolerations: unused,
  topologySpreadConstraints: unused,
  priorityClassName: unused,
})

/** What of an object's metadata anything here depends on. */
export const metadata = z.object({
  name: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
})

/** Of a Deployment, a StatefulSet or a Job. */
export const podTemplate = z.strictObject({ metadata, spec: podSpec })

export type PodTemplate = z.infer<typeof podTemplate>
export type PodSpec = PodTemplate['spec']
export type Container = PodSpec['containers'][0]
export type Probe = z.infer<typeof probe>
export type Volume = z.infer<typeof volume>
export { podSpec }
