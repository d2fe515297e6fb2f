{{/* cluster.yaml, which all processes of the release share: `config`, and what the chart knows itself. */}}
{{- define "parley.config" -}}
{{- include "parley.validate" . -}}
{{- $config := deepCopy .Values.config -}}
{{- $at := .Values.listenAddress -}}
{{- $_ := set $config "admin" (printf "%s:9464" $at) -}}
{{- if or .Values.clients.http.enabled (not .Values.cluster.tls.enabled) -}}
{{- $_ := set $config "insecurePlainHttp" true -}}
{{- end -}}
{{- $keys := list -}}
{{- range .Values.cluster.keys.ids -}}
{{- $keys = append $keys (dict "id" . "file" (printf "/run/secrets/parley/cluster-keys/%s" .)) -}}
{{- end -}}
{{- $cluster := dict "keys" $keys "listen" (printf "%s:8180" $at) -}}
{{- if .Values.cluster.tls.enabled -}}
{{- $folder := "/run/secrets/parley/cluster-tls" -}}
{{- $_ := set $cluster "tls" (dict "cert" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder) "ca" (printf "%s/ca.crt" $folder)) -}}
{{- end -}}
{{- $_ := set $config "cluster" $cluster -}}
{{- $_ := set $config "redis" (include "parley.config.redis" . | fromYaml) -}}
{{- $_ := set $config "nats" (include "parley.config.nats" . | fromYaml) -}}
{{- if .Values.users.existingSecret -}}
{{- $_ := set $config "users" "/run/secrets/parley/users/users.yaml" -}}
{{- end -}}
{{- if $config.directory -}}
{{- $_ := set $config "directory" (include "parley.config.directory" . | fromYaml) -}}
{{- end -}}
{{- if .Values.federation.enabled -}}
{{- $federation := $config.federation -}}
{{- $folder := "/run/secrets/parley/federation-tls" -}}
{{- $_ := set $federation "client" (dict "cert" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder)) -}}
{{- if .Values.federation.egress -}}
{{- $_ := set $federation "egress" (list (include "parley.egressUrl" .)) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "sync" (include "parley.config.sync" . | fromYaml) -}}
{{- toYaml $config -}}
{{- end }}

{{/* How long a router that is to stop serves on: a load balancer takes some seconds to hear of it. */}}
{{- define "parley.leaveSeconds" -}}
{{- if hasKey .Values.config "leaveSeconds" -}}{{- .Values.config.leaveSeconds -}}{{- else -}}10{{- end -}}
{{- end }}

{{/* router.yaml: the same, with the addresses on which routers take clients and other IM domains. */}}
{{- define "parley.config.router" -}}
{{- $config := include "parley.config" . | fromYaml -}}
{{- $at := .Values.listenAddress -}}
{{- $listen := list -}}
{{- if .Values.clients.http.enabled -}}
{{- $listen = append $listen (dict "at" (printf "%s:8080" $at)) -}}
{{- end -}}
{{- if .Values.clients.tls.enabled -}}
{{- $folder := "/run/secrets/parley/client-tls" -}}
{{- $listen = append $listen (dict "at" (printf "%s:8443" $at) "tls" (dict "cert" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder))) -}}
{{- end -}}
{{- $_ := set $config "listen" $listen -}}
{{- $_ := set $config "leaveSeconds" (include "parley.leaveSeconds" . | float64) -}}
{{- if and .Values.federation.enabled .Values.federation.listen -}}
{{- $folder := "/run/secrets/parley/federation-tls" -}}
{{- $tls := dict "cert" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder) -}}
{{- with .Values.federation.clientCaKey -}}
{{- $_ := set $tls "clientCa" (printf "/run/secrets/parley/federation-ca/%s" .) -}}
{{- end -}}
{{- $_ := set $config.federation "listen" (dict "at" (printf "%s:8643" $at) "tls" $tls) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* Adds to `section` the settings whose entry in a Secret is named: `settings` is a list of pairs. */}}
{{- define "parley.config.files" -}}
{{- $section := deepCopy .section -}}
{{- range .settings -}}
{{- if last . -}}
{{- $_ := set $section (first .) (printf "/run/secrets/parley/%s/%s" $.folder (last .)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $section -}}
{{- end }}

{{- define "parley.config.redis" -}}
{{- $given := .Values.redis -}}
{{- $redis := deepCopy (default dict .Values.config.redis) -}}
{{- if $given.trial.enabled -}}
{{- $_ := set $redis "url" (printf "redis://%s:6379" (include "parley.serviceHost" (list . "redis"))) -}}
{{- $_ := set $redis "username" "parley" -}}
{{- end -}}
{{- if include "parley.secret.redis" . -}}
{{- $settings := list (list "passwordFile" $given.passwordKey) (list "sentinelPasswordFile" $given.sentinelPasswordKey) -}}
{{- $redis = include "parley.config.files" (dict "section" $redis "folder" "redis" "settings" $settings) | fromYaml -}}
{{- $files := list (list "ca" $given.caKey) (list "cert" $given.certKey) (list "key" $given.keyKey) -}}
{{- $tls := include "parley.config.files" (dict "section" (default dict $redis.tls) "folder" "redis" "settings" $files) | fromYaml -}}
{{- if $tls -}}{{- $_ := set $redis "tls" $tls -}}{{- end -}}
{{- end -}}
{{- toYaml $redis -}}
{{- end }}

{{- define "parley.config.nats" -}}
{{- $given := .Values.nats -}}
{{- $nats := deepCopy (default dict .Values.config.nats) -}}
{{- if or $given.trial.enabled $given.leaf.enabled -}}
{{- $_ := set $nats "servers" (list (printf "nats://%s:4222" (include "parley.serviceHost" (list . "nats")))) -}}
{{- $_ := set $nats "user" "parley" -}}
{{- else if not $nats.servers -}}
{{- /* Only homes use NATS, and the release has none; the setting must be there. */ -}}
{{- $_ := set $nats "servers" (list "nats://unused.invalid:4222") -}}
{{- end -}}
{{- if include "parley.secret.nats" . -}}
{{- $password := ternary "" $given.passwordKey (or (ne $given.tokenKey "") (ne $given.nkeyKey "") (ne $given.credsKey "")) -}}
{{- $settings := list (list "passwordFile" $password) (list "tokenFile" $given.tokenKey) (list "nkeyFile" $given.nkeyKey) (list "credsFile" $given.credsKey) -}}
{{- $nats = include "parley.config.files" (dict "section" $nats "folder" "nats" "settings" $settings) | fromYaml -}}
{{- $files := list (list "ca" $given.caKey) (list "cert" $given.certKey) (list "key" $given.keyKey) -}}
{{- $tls := include "parley.config.files" (dict "section" (default dict $nats.tls) "folder" "nats" "settings" $files) | fromYaml -}}
{{- if $tls -}}{{- $_ := set $nats "tls" $tls -}}{{- end -}}
{{- end -}}
{{- toYaml $nats -}}
{{- end }}

{{- define "parley.config.directory" -}}
{{- $directory := deepCopy .Values.config.directory -}}
{{- $given := .Values.directory -}}
{{- if $given.existingSecret -}}
{{- with $directory.bind -}}
{{- $_ := set . "passwordFile" (printf "/run/secrets/parley/directory/%s" $given.passwordKey) -}}
{{- end -}}
{{- with $given.caKey -}}
{{- $_ := set $directory "tls" (mergeOverwrite (default dict $directory.tls) (dict "ca" (printf "/run/secrets/parley/directory/%s" .))) -}}
{{- end -}}
{{- end -}}
{{- toYaml $directory -}}
{{- end }}

{{/*
Users get the homes of the sites in this release, and those that the configuration names for sites elsewhere; unless it names all homes.
*/}}
{{- define "parley.config.sync" -}}
{{- $sync := deepCopy (default dict .Values.config.sync) -}}
{{- $sites := deepCopy (default dict (default dict $sync.assignment).sites) -}}
{{- range (include "parley.sites" . | fromJson).sites -}}
{{- $names := (include "parley.homeNames" . | fromJson).names -}}
{{- if and $names (not (hasKey $sites .site)) -}}{{- $_ := set $sites .site (dict "homes" $names) -}}{{- end -}}
{{- end -}}
{{- if not $sync.homes -}}
{{- $homes := list -}}
{{- range $sites -}}{{- $homes = concat $homes .homes -}}{{- end -}}
{{- with $homes | uniq -}}{{- $_ := set $sync "homes" . -}}{{- end -}}
{{- end -}}
{{- if .Values.config.directory -}}
{{- $_ := set $sync "assignment" (mergeOverwrite (default dict $sync.assignment) (dict "sites" $sites)) -}}
{{- end -}}
{{- toYaml $sync -}}
{{- end }}
