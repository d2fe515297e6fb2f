{{/* The chart's name in labels. */}}
{{- define "parley.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What the names of all objects begin with. */}}
{{- define "parley.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "parley.name" .) .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "parley.name" .) -}}
{{- end -}}
{{- end }}

{{/* Labels by which the release's pods are chosen; they never change. */}}
{{- define "parley.selectorLabels" -}}
app.kubernetes.io/name: {{ include "parley.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "parley.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "parley.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: parley
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "parley.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "parley.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{/* `image` and `root` to a reference. */}}
{{- define "parley.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end }}

{{/* The DNS name of a Service of this release: list of the root and the end of the Service's name. */}}
{{- define "parley.serviceHost" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s.%s.svc.%s" (include "parley.fullname" $root) (index . 1) $root.Release.Namespace $root.Values.clusterDomain -}}
{{- end }}

{{- define "parley.clusterScheme" -}}
{{- ternary "https" "http" .Values.cluster.tls.enabled -}}
{{- end }}

{{/*
Where other nodes reach a home. By its address: the DNS would lead to that of the pod before for some seconds. Certificates have names,
and an IPv6 address would need brackets, so by name then.
*/}}
{{- define "parley.advertise" -}}
{{- if or .Values.cluster.tls.enabled (ne .Values.listenAddress "0.0.0.0") -}}
{{- printf "%s://$(POD_NAME).%s:8180" (include "parley.clusterScheme" .) (include "parley.serviceHost" (list . "homes")) -}}
{{- else -}}
http://$(POD_IP):8180
{{- end -}}
{{- end }}

{{/* Where routers take what homes send to other IM domains. */}}
{{- define "parley.egressUrl" -}}
{{- printf "%s://%s:8180" (include "parley.clusterScheme" .) (include "parley.serviceHost" (list . "egress")) -}}
{{- end }}

{{/* Whether homes send to other IM domains through routers: "true" or nothing. */}}
{{- define "parley.isEgress" -}}
{{- if and .Values.federation.enabled .Values.federation.egress -}}true{{- end -}}
{{- end }}

{{/* Whether homes send to other IM domains through routers, of this release or of another one: "true" or nothing. */}}
{{- define "parley.hasEgress" -}}
{{- if or (include "parley.isEgress" .) (default dict .Values.config.federation).egress -}}true{{- end -}}
{{- end }}

{{/* Names of the Secrets, given or made here. */}}
{{- define "parley.secret.keys" -}}
{{- default (printf "%s-cluster-keys" (include "parley.fullname" .)) .Values.cluster.keys.existingSecret -}}
{{- end }}
{{- define "parley.secret.clusterTls" -}}
{{- default (printf "%s-cluster-tls" (include "parley.fullname" .)) .Values.cluster.tls.existingSecret -}}
{{- end }}
{{- define "parley.secret.clientTls" -}}
{{- default (printf "%s-tls" (include "parley.fullname" .)) .Values.clients.tls.existingSecret -}}
{{- end }}
{{- define "parley.secret.federation" -}}
{{- default (printf "%s-federation-tls" (include "parley.fullname" .)) .Values.federation.existingSecret -}}
{{- end }}
{{- define "parley.secret.redis" -}}
{{- if .Values.redis.existingSecret -}}
{{- .Values.redis.existingSecret -}}
{{- else if .Values.redis.trial.enabled -}}
{{- printf "%s-redis" (include "parley.fullname" .) -}}
{{- end -}}
{{- end }}
{{- define "parley.secret.nats" -}}
{{- if .Values.nats.existingSecret -}}
{{- .Values.nats.existingSecret -}}
{{- else if or .Values.nats.trial.enabled .Values.nats.leaf.enabled -}}
{{- printf "%s-nats" (include "parley.fullname" .) -}}
{{- end -}}
{{- end }}

{{/* All IM domains and their aliases, as a JSON list under `names`. */}}
{{- define "parley.domainNames" -}}
{{- $names := list -}}
{{- range .Values.config.domains -}}
{{- $names = concat (append $names .name) (default list .aliases) -}}
{{- end -}}
{{- dict "names" ($names | uniq) | toJson -}}
{{- end }}

{{/* The sites with the values of each: `site`, `routers` and `homes`, as a JSON list under `sites`. */}}
{{- define "parley.sites" -}}
{{- $sites := list -}}
{{- range .Values.sites -}}
{{- $routers := mergeOverwrite (deepCopy $.Values.routers) (deepCopy (default dict .routers)) -}}
{{- $homes := mergeOverwrite (deepCopy $.Values.homes) (deepCopy (default dict .homes)) -}}
{{- $sites = append $sites (dict "site" .name "routers" $routers "homes" $homes) -}}
{{- end -}}
{{- dict "sites" $sites | toJson -}}
{{- end }}

{{/* The names of a site's homes, as a JSON list under `names`. */}}
{{- define "parley.homeNames" -}}
{{- $names := list -}}
{{- range $index := until (int .homes.count) -}}
{{- $names = append $names (printf "%s-%d" $.site $index) -}}
{{- end -}}
{{- dict "names" $names | toJson -}}
{{- end }}

{{/* How many homes the release has. */}}
{{- define "parley.homeCount" -}}
{{- $count := 0 -}}
{{- range (include "parley.sites" . | fromJson).sites -}}
{{- $count = add $count (int .homes.count) (int .homes.standby) -}}
{{- end -}}
{{- $count -}}
{{- end }}

{{/* Where `helm test` signs users in. */}}
{{- define "parley.testServer" -}}
{{- if .Values.tests.server -}}
{{- .Values.tests.server -}}
{{- else -}}
{{- $site := first (include "parley.sites" . | fromJson).sites -}}
{{- printf "http://%s:%v" (include "parley.serviceHost" (list . (printf "%s-clients" $site.site))) $site.routers.service.httpPort -}}
{{- end -}}
{{- end }}
