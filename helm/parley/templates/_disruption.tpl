{{/* A PodDisruptionBudget: dict `pod`, `name`, `budget`. */}}
{{- define "parley.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .pod.root.Release.Namespace | quote }}
  labels:
    {{- merge (include "parley.pod.selector" .pod | fromYaml) (include "parley.labels" .pod.root | fromYaml) | toYaml | nindent 4 }}
spec:
  maxUnavailable: {{ .budget.maxUnavailable }}
  # A pod that is broken anyway must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "parley.pod.selector" .pod | nindent 6 }}
{{- end }}
