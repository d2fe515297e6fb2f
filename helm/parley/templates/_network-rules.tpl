{{/* Clients, if they have a Service, and what stands for them, to routers. */}}
{{- define "parley.rule.clients" -}}
{{- $values := .root.Values -}}
{{- $from := concat $values.networkPolicy.clients.from $values.networkPolicy.web.from -}}
{{- range (include "parley.sites" .root | fromJson).sites -}}
{{- if .routers.service.enabled -}}
{{- $from = concat (include "parley.networkPeers" $values.clients | fromYamlArray) $from -}}
{{- break -}}
{{- end -}}
{{- end -}}
{{- if $values.tests.existingSecret -}}
{{- $from = concat $from (include "parley.podPeers" (list .root "test") | fromYamlArray) -}}
{{- end -}}
{{- /* NOTE: a rule without peers would let everybody in. */ -}}
{{- with $from -}}
- from:
    {{- toYaml . | nindent 4 }}
  {{- include "parley.tcpPorts" $.ports | nindent 2 }}
{{- end -}}
{{- end }}

{{/* Nodes of this release (list of the root and components), and of others, to the port between nodes. */}}
{{- define "parley.rule.fromNodes" -}}
{{- $root := index . 0 -}}
- from:
    {{- include "parley.podPeers" . | nindent 4 }}
    {{- with $root.Values.networkPolicy.nodes.from }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- include "parley.tcpPorts" (list 8180) | nindent 2 }}
{{- end }}

{{/* Servers of other IM domains to routers. */}}
{{- define "parley.rule.federation" -}}
- from:
    {{- $ranges := default .Values.networkPolicy.federation.networks .Values.federation.service.loadBalancerSourceRanges }}
    {{- include "parley.networkPeers" (dict "networks" $ranges "except" list) | trim | nindent 4 }}
  {{- include "parley.tcpPorts" (list 8643) | nindent 2 }}
{{- end }}

{{/* Homes to their users' desks. */}}
{{- define "parley.rule.callBacks" -}}
{{- $callBacks := .Values.networkPolicy.callBacks -}}
- to:
    {{- if $callBacks.networks }}
    {{- include "parley.networkPeers" (dict "networks" $callBacks.networks "except" .Values.clients.except) | trim | nindent 4 }}
    {{- else }}
    {{- include "parley.networkPeers" .Values.clients | trim | nindent 4 }}
    {{- end }}
  {{- if $callBacks.ports }}
  {{- include "parley.tcpPorts" $callBacks.ports | nindent 2 }}
  {{- else }}
  ports:
    - { protocol: TCP, port: 1, endPort: 65535 }
  {{- end }}
{{- end }}

{{/* To this release's routers: dict `root`, `ports`. */}}
{{- define "parley.rule.toRouters" -}}
- to:
    {{- include "parley.podPeers" (list .root "router") | nindent 4 }}
  {{- include "parley.tcpPorts" .ports | nindent 2 }}
{{- end }}

{{/* From components of this release: dict `root`, `from`, `port`. */}}
{{- define "parley.rule.from" -}}
- from:
    {{- include "parley.podPeers" (prepend .from .root) | nindent 4 }}
  {{- include "parley.tcpPorts" (list .port) | nindent 2 }}
{{- end }}
