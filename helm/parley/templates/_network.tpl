{{/* An IPv4 network as JSON: `at`, the number of its first address, and `size`. Nothing for an IPv6 network. */}}
{{- define "parley.ipv4Range" -}}
{{- if regexMatch "^[0-9.]+/[0-9]+$" . -}}
{{- $parts := splitList "/" . -}}
{{- $number := 0 -}}
{{- range splitList "." (first $parts) -}}{{- $number = add (mul $number 256) (int .) -}}{{- end -}}
{{- $size := 1 -}}
{{- range until (int (sub 32 (int (last $parts)))) -}}{{- $size = mul $size 2 -}}{{- end -}}
{{- dict "at" (mul (div $number $size) $size) "size" $size | toJson -}}
{{- end -}}
{{- end }}

{{/* Whether one IPv4 network is another or lies in it: list of the inner and the outer one. Nothing where either is of IPv6. */}}
{{- define "parley.ipv4Within" -}}
{{- $inner := include "parley.ipv4Range" (index . 0) | default "{}" | fromJson -}}
{{- $outer := include "parley.ipv4Range" (index . 1) | default "{}" | fromJson -}}
{{- if and $inner $outer -}}
{{- if and (le $inner.size $outer.size) (ge $inner.at $outer.at) (lt $inner.at (addf $outer.at $outer.size)) -}}true{{- end -}}
{{- end -}}
{{- end }}

{{/* Networks as peers of a NetworkPolicy: dict `networks`, `except`. An exception goes where it lies within. */}}
{{- define "parley.networkPeers" -}}
{{- range $network := .networks }}
{{- $inner := list }}
{{- range $.except }}
{{- if or (include "parley.ipv4Within" (list . $network)) (and (eq $network "::/0") (contains ":" .)) }}
{{- $inner = append $inner . }}
{{- end }}
{{- end }}
- ipBlock:
    cidr: {{ $network | quote }}
    {{- with $inner }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* The pods of this release with one of the components `components`, as peers: list of the root and the components. */}}
{{- define "parley.podPeers" -}}
{{- $root := index . 0 -}}
- podSelector:
    matchLabels:
      {{- include "parley.selectorLabels" $root | nindent 6 }}
    matchExpressions:
      - { key: app.kubernetes.io/component, operator: In, values: {{ rest . | toJson }} }
{{- end }}

{{/* Ports as `ports` of a rule. */}}
{{- define "parley.tcpPorts" -}}
ports:
  {{- range . }}
  - { protocol: TCP, port: {{ . }} }
  {{- end }}
{{- end }}

{{/* Ports of URLs and HOST:PORTs: dict `urls`, `schemes` (scheme to default port), `more`; JSON list under `ports`. */}}
{{- define "parley.portsOf" -}}
{{- $ports := list -}}
{{- range .urls -}}
{{- $scheme := regexFind "^[a-z-]+" (regexFind "^[a-z-]+://" .) -}}
{{- $port := regexFind ":[0-9]+$" (regexFind "^[^/]*" (regexReplaceAll "^[a-z-]+://" . "")) | trimPrefix ":" -}}
{{- $ports = append $ports (int (default (get $.schemes $scheme | default 0) $port)) -}}
{{- end -}}
{{- range .more -}}{{- $ports = append $ports (int .) -}}{{- end -}}
{{- dict "ports" (without ($ports | uniq) 0) | toJson -}}
{{- end }}

{{/* Egress rules that several roles have. */}}
{{- define "parley.egress.dns" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    - { protocol: UDP, port: {{ .Values.networkPolicy.dns.port }} }
    - { protocol: TCP, port: {{ .Values.networkPolicy.dns.port }} }
{{- end }}

{{- define "parley.egress.redis" -}}
{{- $redis := default dict .Values.config.redis -}}
{{- if .Values.redis.trial.enabled -}}
- to:
    {{- include "parley.podPeers" (list . "redis") | nindent 4 }}
  {{- include "parley.tcpPorts" (list 6379) | nindent 2 }}
{{- else -}}
{{- $urls := concat (default list $redis.sentinels) (default list $redis.cluster) -}}
{{- with $redis.url }}{{- $urls = append $urls . }}{{- end -}}
{{- $more := .Values.networkPolicy.redis.ports -}}
{{- if and $redis.sentinels (not $more) -}}{{- $more = list 6379 -}}{{- end -}}
{{- $schemes := dict "redis" 6379 "rediss" 6379 -}}
{{- include "parley.egress.rule" (dict "to" .Values.networkPolicy.redis.to "ports" (include "parley.portsOf" (dict "urls" $urls "schemes" $schemes "more" $more) | fromJson).ports) -}}
{{- end -}}
{{- end }}

{{- define "parley.egress.nats" -}}
{{- if or .Values.nats.trial.enabled .Values.nats.leaf.enabled -}}
- to:
    {{- include "parley.podPeers" (list . "nats") | nindent 4 }}
  {{- include "parley.tcpPorts" (list 4222) | nindent 2 }}
{{- else -}}
{{- $urls := default list (default dict .Values.config.nats).servers -}}
{{- $schemes := dict "nats" 4222 "tls" 4222 "" 4222 -}}
{{- include "parley.egress.rule" (dict "to" .Values.networkPolicy.nats.to "ports" (include "parley.portsOf" (dict "urls" $urls "schemes" $schemes) | fromJson).ports) -}}
{{- end -}}
{{- end }}

{{- define "parley.egress.directory" -}}
{{- with .Values.config.directory -}}
{{- $schemes := dict "ldap" 389 "ldaps" 636 -}}
{{- include "parley.egress.rule" (dict "to" $.Values.networkPolicy.directory.to "ports" (include "parley.portsOf" (dict "urls" .servers "schemes" $schemes "more" $.Values.networkPolicy.directory.ports) | fromJson).ports) -}}
{{- end -}}
{{- end }}

{{- define "parley.egress.tracing" -}}
{{- with .Values.config.tracing -}}
{{- $schemes := dict "http" 80 "https" 443 -}}
{{- include "parley.egress.rule" (dict "to" $.Values.networkPolicy.tracing.to "ports" (include "parley.portsOf" (dict "urls" (list .endpoint) "schemes" $schemes "more" $.Values.networkPolicy.tracing.ports) | fromJson).ports) -}}
{{- end -}}
{{- end }}

{{/* To homes of this release, and to nodes outside it. */}}
{{- define "parley.egress.nodes" -}}
- to:
    {{- include "parley.podPeers" (list . "home") | nindent 4 }}
  {{- include "parley.tcpPorts" (list 8180) | nindent 2 }}
{{- with .Values.networkPolicy.nodes.to }}
- to:
    {{- toYaml . | nindent 4 }}
  {{- include "parley.tcpPorts" $.Values.networkPolicy.nodes.ports | nindent 2 }}
{{- end }}
{{- end }}

{{/* To the servers of other IM domains, and to the DNS servers that are asked for them. */}}
{{- define "parley.egress.federation" -}}
{{- $servers := list -}}
{{- range .Values.config.federation.domains -}}{{- with .server }}{{ $servers = append $servers . }}{{ end -}}{{- end -}}
{{- $ports := (include "parley.portsOf" (dict "urls" $servers "schemes" dict "more" .Values.networkPolicy.federation.ports) | fromJson).ports -}}
- to:
    {{- include "parley.networkPeers" .Values.networkPolicy.federation | trim | nindent 4 }}
  {{- include "parley.tcpPorts" $ports | nindent 2 }}
{{- range .Values.config.federation.dnsServers }}
{{- $isIpv4 := regexMatch "^[0-9.]+(:[0-9]+)?$" . }}
{{- $port := default "53" (regexFind (ternary ":[0-9]+$" "\\]:[0-9]+$" $isIpv4) . | trimPrefix "]" | trimPrefix ":") }}
{{- $address := ternary (regexReplaceAll ":[0-9]+$" . "") (regexReplaceAll "^\\[|\\](:[0-9]+)?$" . "") $isIpv4 }}
- to:
    - ipBlock:
        cidr: {{ printf "%s/%s" $address (ternary "32" "128" $isIpv4) | quote }}
  ports:
    - { protocol: UDP, port: {{ $port }} }
    - { protocol: TCP, port: {{ $port }} }
{{- end }}
{{- end }}

{{/* Ports `ports`, anywhere unless `to` says where. */}}
{{- define "parley.egress.rule" -}}
{{- if .ports -}}
- {{ include "parley.tcpPorts" .ports | nindent 2 | trim }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}

{{- define "parley.ingress.admin" -}}
{{- with .Values.networkPolicy.admin.from -}}
- from:
    {{- toYaml . | nindent 4 }}
  {{- include "parley.tcpPorts" (list 9464) | nindent 2 }}
{{- end -}}
{{- end }}

{{/* To what all pods of ours say of themselves: where commands run, `parley support-bundle` asks for it. */}}
{{- define "parley.egress.admin" -}}
- to:
    {{- include "parley.podPeers" (list . "router" "home") | nindent 4 }}
  {{- include "parley.tcpPorts" (list 9464) | nindent 2 }}
{{- end }}

{{- define "parley.ingress.adminFromSync" -}}
{{- if .Values.sync.enabled -}}
{{- include "parley.rule.from" (dict "root" . "from" (list "sync") "port" 9464) -}}
{{- end -}}
{{- end }}

{{/* A NetworkPolicy for a component: dict `root`, `component`, `ingress`, `egress`: texts of rules; `annotations` if it has any. */}}
{{- define "parley.networkPolicy" -}}
{{- $values := .root.Values.networkPolicy -}}
{{- $ours := has .component (list "router" "home" "sync") -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "parley.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- include "parley.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "parley.pod.selector" (dict "root" .root "component" .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- $ingress := compact .ingress }}
  {{- if and $ours $values.extraIngress }}{{ $ingress = append $ingress (toYaml $values.extraIngress) }}{{ end }}
  {{- with $ingress }}
  ingress:
    {{- join "\n" . | nindent 4 }}
  {{- end }}
  {{- $egress := compact .egress }}
  {{- if and $ours $values.extraEgress }}{{ $egress = append $egress (toYaml $values.extraEgress) }}{{ end }}
  {{- with $egress }}
  egress:
    {{- join "\n" . | nindent 4 }}
  {{- end }}
{{- end }}
