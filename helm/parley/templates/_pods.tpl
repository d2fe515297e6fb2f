{{/*
Templates of pods. They take a dict `pod`:
  root       the root of the chart
  component  router, home, sync, migrate, test, redis or nats
  site       name of the site; none for what is there once
  pods       values that differ from `pods`
*/}}

{{/* Labels by which the pods of a role and site are chosen. */}}
{{- define "parley.pod.selector" -}}
{{ include "parley.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .site }}
parley/site: {{ . }}
{{- end }}
{{- end }}

{{/* `pods` and what differs from it, as JSON. */}}
{{- define "parley.pod.values" -}}
{{- mergeOverwrite (deepCopy .root.Values.pods) (deepCopy (default dict .pods)) | toJson -}}
{{- end }}

{{- define "parley.pod.metadata" -}}
{{- $values := include "parley.pod.values" . | fromJson -}}
labels:
  {{- $labels := merge (include "parley.pod.selector" . | fromYaml) (default dict .labels) $values.labels .root.Values.commonLabels (dict "app.kubernetes.io/part-of" "parley") }}
  {{- toYaml $labels | nindent 2 }}
{{- with merge (default dict .annotations) $values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What all pods have beside containers and volumes. */}}
{{- define "parley.pod.spec" -}}
{{- $values := include "parley.pod.values" . | fromJson -}}
serviceAccountName: {{ include "parley.serviceAccountName" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
  {{- with $values.securityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Over zones and over nodes, as far as possible: a small cluster has few of them. */}}
{{- define "parley.pod.spread" -}}
{{- $values := include "parley.pod.values" . | fromJson -}}
topologySpreadConstraints:
{{- if $values.topologySpreadConstraints }}
  {{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "parley.pod.selector" $ | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{/* What a container may do: nothing but run. */}}
{{- define "parley.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* The container of a role without its name: dict `pod`, `args`, `resources`, `roots` (see parley.pod.secrets). */}}
{{- define "parley.container" -}}
{{- $root := .pod.root -}}
{{- $values := include "parley.pod.values" .pod | fromJson -}}
image: {{ include "parley.image" (dict "root" $root "image" $root.Values.image) }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args:
  {{- toYaml .args | nindent 2 }}
{{- with concat (default list .env) $values.extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "parley.container.security" . }}
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- if .config }}
  - name: config
    mountPath: /etc/parley
    readOnly: true
{{- end }}
{{- range (include "parley.pod.secrets" .pod | fromJson).secrets }}
  - name: {{ .name }}
    mountPath: /run/secrets/parley/{{ .name }}
    readOnly: true
{{- end }}
{{- with $values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Probes of a process that serves. It is told to stop before it is not ready any more, so liveness looks at /healthz only. */}}
{{- define "parley.container.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: {{ .readiness }}, port: admin }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end }}

{{/* Volumes of a pod: dict `pod`, and `config`, the name of the ConfigMap, if it has one. */}}
{{- define "parley.volumes" -}}
{{- $values := include "parley.pod.values" .pod | fromJson -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
{{- with .config }}
  - name: config
    configMap:
      name: {{ . }}
{{- end }}
{{- range (include "parley.pod.secrets" .pod | fromJson).secrets }}
  - name: {{ .name }}
    secret:
      secretName: {{ .secret }}
      # Parley refuses secrets that everybody may read; the pod's group may.
      defaultMode: 0440
      {{- with .items }}
      items:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
{{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The Secrets that a role is shown, and no others, as a JSON list under `secrets`. */}}
{{- define "parley.pod.secrets" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $role := .component -}}
{{- $secrets := list -}}
{{- if has $role (list "router" "home" "sync") -}}
{{- $secrets = append $secrets (dict "name" "cluster-keys" "secret" (include "parley.secret.keys" $root)) -}}
{{- if $values.cluster.tls.enabled -}}
{{- $secrets = append $secrets (dict "name" "cluster-tls" "secret" (include "parley.secret.clusterTls" $root)) -}}
{{- end -}}
{{- end -}}
{{- if has $role (list "router" "home" "sync" "migrate") -}}
{{- with include "parley.secret.redis" $root -}}
{{- $secrets = append $secrets (dict "name" "redis" "secret" .) -}}
{{- end -}}
{{- end -}}
{{- if has $role (list "home" "sync") -}}
{{- with include "parley.secret.nats" $root -}}
{{- $secrets = append $secrets (dict "name" "nats" "secret" .) -}}
{{- end -}}
{{- end -}}
{{- if has $role (list "router" "sync") -}}
{{- with $values.users.existingSecret -}}
{{- $secrets = append $secrets (dict "name" "users" "secret" . "items" (list (dict "key" $values.users.key "path" "users.yaml"))) -}}
{{- end -}}
{{- with $values.directory.existingSecret -}}
{{- $secrets = append $secrets (dict "name" "directory" "secret" .) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $role "router") $values.clients.tls.enabled -}}
{{- $secrets = append $secrets (dict "name" "client-tls" "secret" (include "parley.secret.clientTls" $root)) -}}
{{- end -}}
{{- if and $values.federation.enabled (has $role (list "router" "home")) -}}
{{- if or (eq $role "router") (not (include "parley.hasEgress" $root)) -}}
{{- $secrets = append $secrets (dict "name" "federation-tls" "secret" (include "parley.secret.federation" $root)) -}}
{{- end -}}
{{- with $values.federation.caSecret -}}
{{- $secrets = append $secrets (dict "name" "federation-ca" "secret" .) -}}
{{- end -}}
{{- end -}}
{{- if eq $role "test" -}}
{{- $secrets = append $secrets (dict "name" "tests" "secret" $values.tests.existingSecret) -}}
{{- end -}}
{{- range $values.extraSecrets -}}
{{- if has (get (dict "router" "routers" "home" "homes" "sync" "sync") $role) (default (list "routers" "homes" "sync") .roles) -}}
{{- $secrets = append $secrets (dict "name" .name "secret" .secret) -}}
{{- end -}}
{{- end -}}
{{- dict "secrets" $secrets | toJson -}}
{{- end }}

{{/* How long a pod may take to stop: what it waits before, what work in flight may take, and some seconds to close. */}}
{{- define "parley.gracePeriod" -}}
{{- $drain := 10 -}}
{{- if hasKey .root.Values.config "drainSeconds" -}}{{- $drain = int (ceil .root.Values.config.drainSeconds) -}}{{- end -}}
{{- add $drain (.before | float64 | ceil | int) 15 -}}
{{- end }}

{{/* A change of the configuration starts all pods anew, one after the other. */}}
{{- define "parley.checksum" -}}
checksum/config: {{ printf "%s\n%s" (include "parley.config" .) (include "parley.config.router" .) | sha256sum }}
{{- end }}

{{/* What command lines may speak of. */}}
{{- define "parley.env" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- name: HOST_IP
  valueFrom: { fieldRef: { fieldPath: status.hostIP } }
{{- end }}
