{{/* Refuses values that contradict each other, all at once, and says what to change. */}}
{{- define "parley.validate" -}}
{{- $mistakes := concat
  (include "parley.validate.config" . | fromJson).mistakes
  (include "parley.validate.stores" . | fromJson).mistakes
  (include "parley.validate.trust" . | fromJson).mistakes
  (include "parley.validate.clients" . | fromJson).mistakes
  (include "parley.validate.sites" . | fromJson).mistakes
  (include "parley.validate.rest" . | fromJson).mistakes
-}}
{{- if $mistakes -}}
{{- fail (printf "\n\nThe values cannot be used:\n\n- %s\n\nhelm/parley/README.md and helm/parley/examples show how." (join "\n- " $mistakes)) -}}
{{- end -}}
{{- end }}

{{- define "parley.validate.config" -}}
{{- $config := .Values.config -}}
{{- $mistakes := list -}}
{{- if not $config.domains -}}
{{- $mistakes = append $mistakes "no IM domain: set config.domains, e.g. --set config.domains[0].name=im.example.com" -}}
{{- end -}}
{{- range list "listen" "admin" "cluster" -}}
{{- if hasKey $config . -}}
{{- $instead := get (dict "listen" "clients and routers.service" "admin" "nothing: it is port 9464" "cluster" "cluster.keys and cluster.tls") . -}}
{{- $mistakes = append $mistakes (printf "config.%s is set by the chart: use %s" . $instead) -}}
{{- end -}}
{{- end -}}
{{- if hasKey (default dict $config.home) "names" -}}
{{- $mistakes = append $mistakes "config.home.names is set by the chart: use sites and homes.count" -}}
{{- end -}}
{{- if and .Values.users.existingSecret $config.users -}}
{{- $mistakes = append $mistakes "the users file is named twice: set users.existingSecret, or config.users with pods.extraVolumes" -}}
{{- end -}}
{{- if not (or .Values.users.existingSecret $config.users $config.directory) -}}
{{- $mistakes = append $mistakes "nobody could sign in: set users.existingSecret (kubectl create secret generic parley-users --from-file=users.yaml), or config.directory" -}}
{{- end -}}
{{- if and .Values.directory.existingSecret (not $config.directory) -}}
{{- $mistakes = append $mistakes "directory.existingSecret has the secrets of config.directory, which is not there" -}}
{{- end -}}
{{- with $config.directory -}}
{{- if and .bind (not .bind.passwordFile) (not $.Values.directory.existingSecret) -}}
{{- $mistakes = append $mistakes "config.directory.bind has no password: set directory.existingSecret" -}}
{{- end -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{- define "parley.validate.stores" -}}
{{- $mistakes := list -}}
{{- $redis := default dict .Values.config.redis -}}
{{- $ways := 0 -}}
{{- range list $redis.url $redis.sentinels $redis.cluster .Values.redis.trial.enabled -}}
{{- if . }}{{ $ways = add1 $ways }}{{ end -}}
{{- end -}}
{{- if ne (int $ways) 1 -}}
{{- $mistakes = append $mistakes (printf "%s: set one of config.redis.url, config.redis.sentinels, config.redis.cluster, or redis.trial.enabled for a trial" (ternary "no Redis" "Redis is named more than once" (eq (int $ways) 0))) -}}
{{- end -}}
{{- $nats := default dict .Values.config.nats -}}
{{- range concat (list (default "" $redis.url)) (default list $nats.servers) -}}
{{- if regexMatch "^[^/]*//[^/]*@" . -}}
{{- $mistakes = append $mistakes "config.redis.url and config.nats.servers must hold no password: set redis.existingSecret and nats.existingSecret" -}}
{{- end -}}
{{- end -}}
{{- $ways = 0 -}}
{{- range list $nats.servers .Values.nats.trial.enabled .Values.nats.leaf.enabled -}}
{{- if . }}{{ $ways = add1 $ways }}{{ end -}}
{{- end -}}
{{- if gt (int $ways) 1 -}}
{{- $mistakes = append $mistakes "NATS is named more than once: set one of config.nats.servers, nats.leaf.enabled for a branch, or nats.trial.enabled for a trial" -}}
{{- else if and (eq (int $ways) 0) (gt (int (include "parley.homeCount" .)) 0) -}}
{{- $mistakes = append $mistakes "no NATS: set config.nats.servers, nats.leaf.enabled for a branch, or nats.trial.enabled for a trial" -}}
{{- end -}}
{{- $leaf := .Values.nats.leaf -}}
{{- if $leaf.enabled -}}
{{- if not $leaf.remotes -}}
{{- $mistakes = append $mistakes "nats.leaf.remotes is empty: name the centre's servers, e.g. tls://nats1.example.com:7422" -}}
{{- end -}}
{{- if and (or $leaf.user $leaf.credsKey $leaf.caKey $leaf.certKey) (not $leaf.existingSecret) -}}
{{- $mistakes = append $mistakes "nats.leaf.existingSecret is empty: name the Secret with what the leaf node shows the centre" -}}
{{- end -}}
{{- if and $leaf.user $leaf.credsKey -}}
{{- $mistakes = append $mistakes "nats.leaf.user and nats.leaf.credsKey: choose one" -}}
{{- end -}}
{{- end -}}
{{- $ways = 0 -}}
{{- range list .Values.nats.tokenKey .Values.nats.nkeyKey .Values.nats.credsKey -}}
{{- if . }}{{ $ways = add1 $ways }}{{ end -}}
{{- end -}}
{{- if gt (int $ways) 1 -}}
{{- $mistakes = append $mistakes "choose one of nats.tokenKey, nats.nkeyKey and nats.credsKey" -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{- define "parley.validate.trust" -}}
{{- $mistakes := list -}}
{{- $keys := .Values.cluster.keys -}}
{{- if and (not $keys.existingSecret) (not $keys.generate) -}}
{{- $mistakes = append $mistakes "no cluster key: kubectl create secret generic parley-cluster-keys --from-literal=k1=$(openssl rand -hex 32), then set cluster.keys.existingSecret=parley-cluster-keys (or cluster.keys.generate=true for a trial)" -}}
{{- else if and $keys.existingSecret $keys.generate -}}
{{- $mistakes = append $mistakes "cluster.keys.existingSecret and cluster.keys.generate: choose one" -}}
{{- end -}}
{{- if not $keys.ids -}}
{{- $mistakes = append $mistakes "cluster.keys.ids is empty: name the entries of the Secret, e.g. [k1]" -}}
{{- end -}}
{{- range list (list "cluster.tls" .Values.cluster.tls .Values.cluster.tls.enabled) (list "clients.tls" .Values.clients.tls .Values.clients.tls.enabled) (list "federation" .Values.federation .Values.federation.enabled) -}}
{{- $name := index . 0 -}}
{{- $given := index . 1 -}}
{{- if index . 2 -}}
{{- if and (not $given.existingSecret) (not $given.certManager.enabled) -}}
{{- $mistakes = append $mistakes (printf "%s has no certificate: set %s.existingSecret or %s.certManager.enabled" $name $name $name) -}}
{{- end -}}
{{- if and $given.certManager.enabled (not $given.certManager.issuerRef) (ne $name "cluster.tls") -}}
{{- $mistakes = append $mistakes (printf "%s.certManager.issuerRef is empty: name the issuer, e.g. {name: example, kind: ClusterIssuer}" $name) -}}
{{- end -}}
{{- else if or $given.existingSecret $given.certManager.enabled -}}
{{- $mistakes = append $mistakes (printf "%s has a certificate, but is off: set %s.enabled=true" $name $name) -}}
{{- end -}}
{{- end -}}
{{- $domains := (default dict .Values.config.federation).domains -}}
{{- if and .Values.federation.enabled (not $domains) -}}
{{- $mistakes = append $mistakes "federation.enabled, but config.federation.domains names no domain" -}}
{{- else if and $domains (not .Values.federation.enabled) -}}
{{- $mistakes = append $mistakes "config.federation is there: set federation.enabled=true" -}}
{{- end -}}
{{- if and .Values.federation.egress (hasKey (default dict .Values.config.federation) "egress") -}}
{{- $mistakes = append $mistakes "config.federation.egress names routers elsewhere: set federation.egress=false, or leave it out" -}}
{{- end -}}
{{- range list "listen" "client" -}}
{{- if hasKey (default dict $.Values.config.federation) . -}}
{{- $mistakes = append $mistakes (printf "config.federation.%s is set by the chart: use federation" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.federation.enabled .Values.federation.listen -}}
{{- range $domains -}}
{{- if and (ne (default "both" .direction) "outbound") (not (default dict .tls).ca) (not $.Values.federation.clientCaKey) -}}
{{- $mistakes = append $mistakes (printf "nobody is believed about %s: set tls.ca there (a file of federation.caSecret is /run/secrets/parley/federation-ca/ENTRY), or federation.clientCaKey" .domain) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.federation.clientCaKey (not .Values.federation.caSecret) -}}
{{- $mistakes = append $mistakes "federation.clientCaKey is an entry of federation.caSecret, which is empty" -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{- define "parley.validate.clients" -}}
{{- $mistakes := list -}}
{{- $clients := .Values.clients -}}
{{- if not (or $clients.http.enabled $clients.tls.enabled) -}}
{{- $mistakes = append $mistakes "clients cannot connect: set clients.http.enabled or clients.tls.enabled" -}}
{{- end -}}
{{- range list (list "clients.networks" $clients.networks "clients.except" $clients.except) (list "networkPolicy.callBacks.networks" .Values.networkPolicy.callBacks.networks "clients.except" $clients.except) (list "networkPolicy.federation.networks" .Values.networkPolicy.federation.networks "networkPolicy.federation.except" .Values.networkPolicy.federation.except) -}}
{{- range (include "parley.validate.except" . | fromJson).mistakes -}}{{- $mistakes = append $mistakes . -}}{{- end -}}
{{- end -}}
{{- if not $clients.networks -}}
{{- $mistakes = append $mistakes "clients.networks is empty: name the networks in which clients are" -}}
{{- end -}}
{{- if and $clients.http.enabled (not .Values.config.insecurePlainHttp) -}}
{{- range $clients.networks -}}
{{- if not (regexMatch "^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.|127\\.|169\\.254\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.|[fF][cCdD]|[fF][eE]80:)" .) -}}
{{- $mistakes = append $mistakes (printf "clients.networks has %s, which is not private, and plain HTTP would show messages to whoever listens on the way: set clients.http.enabled=false, or say config.insecurePlainHttp=true" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if or .Values.ingress.enabled .Values.gateway.enabled -}}
{{- if not $clients.http.enabled -}}
{{- $mistakes = append $mistakes "an Ingress or a Gateway reaches routers by plain HTTP: set clients.http.enabled=true" -}}
{{- end -}}
{{- if not .Values.config.trustedProxies -}}
{{- $mistakes = append $mistakes "all who come through an Ingress or a Gateway would share its address: set config.trustedProxies to the network of its pods" -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.web.from) -}}
{{- $mistakes = append $mistakes "the Ingress or Gateway could not reach routers: set networkPolicy.web.from to its pods, e.g. [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.parentRefs) -}}
{{- $mistakes = append $mistakes "gateway.parentRefs is empty: name the Gateway" -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{/* A NetworkPolicy knows exceptions only within one of its networks: list of a name, networks, a name, exceptions. */}}
{{- define "parley.validate.except" -}}
{{- $mistakes := list -}}
{{- $networksName := index . 0 -}}
{{- $exceptName := index . 2 -}}
{{- $except := index . 3 -}}
{{- range $network := index . 1 -}}
{{- range $except -}}
{{- if include "parley.ipv4Within" (list $network .) -}}
{{- $mistakes = append $mistakes (printf "%s has %s, all of which is in %s (%s): take it out of one of the two" $networksName $network $exceptName .) -}}
{{- else if and (contains ":" $network) (contains ":" .) (ne $network "::/0") -}}
{{- $mistakes = append $mistakes (printf "%s has %s, but of networks of IPv6 only ::/0 can have exceptions here: name smaller networks in %s instead" $exceptName . $networksName) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{- define "parley.validate.sites" -}}
{{- $mistakes := list -}}
{{- $names := list -}}
{{- if not .Values.sites -}}
{{- $mistakes = append $mistakes "sites is empty: name one, e.g. [{name: hq}]" -}}
{{- end -}}
{{- range (include "parley.sites" . | fromJson).sites -}}
{{- $site := toString .site -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $site) -}}
{{- $mistakes = append $mistakes (printf "the site %q must be named with a-z, 0-9 and hyphens, and begin with a letter" $site) -}}
{{- end -}}
{{- if has $site $names -}}
{{- $mistakes = append $mistakes (printf "the site %q is there twice" $site) -}}
{{- end -}}
{{- $names = append $names $site -}}
{{- if gt (len (printf "%s-%v" $site .homes.count)) 32 -}}
{{- $mistakes = append $mistakes (printf "the names of homes of the site %q would be longer than 32: shorten it" $site) -}}
{{- end -}}
{{- if gt (len (printf "%s-%s-standby" (include "parley.fullname" $) $site)) 52 -}}
{{- $mistakes = append $mistakes (printf "names of objects of the site %q would be too long: set fullnameOverride to something shorter" $site) -}}
{{- end -}}
{{- $advertise := .homes.advertise -}}
{{- if and $advertise (gt (int .homes.count) 1) (not (regexMatch "\\$\\((POD_NAME|POD_INDEX|POD_IP|HOST_IP)\\)" $advertise)) -}}
{{- $mistakes = append $mistakes (printf "the site %q: homes.advertise is the same for all homes: put $(POD_NAME) or $(POD_INDEX) into it" $site) -}}
{{- end -}}
{{- if and $advertise (not (hasPrefix (printf "%s://" (include "parley.clusterScheme" $)) $advertise)) -}}
{{- $mistakes = append $mistakes (printf "the site %q: homes.advertise must begin with %s://, as cluster.tls.enabled is %v" $site (include "parley.clusterScheme" $) $.Values.cluster.tls.enabled) -}}
{{- end -}}
{{- if and .homes.podServices.enabled (not $advertise) -}}
{{- $mistakes = append $mistakes (printf "the site %q: nobody would be told of homes.podServices: set homes.advertise to their addresses" $site) -}}
{{- end -}}
{{- if and .homes.podServices.enabled (not $.Values.cluster.tls.enabled) -}}
{{- $mistakes = append $mistakes (printf "the site %q: homes.podServices lets other networks reach homes: set cluster.tls.enabled" $site) -}}
{{- end -}}
{{- if and .homes.podServices.enabled (eq .homes.podServices.type "LoadBalancer") (not .homes.podServices.loadBalancerSourceRanges) -}}
{{- $mistakes = append $mistakes (printf "the site %q: homes.podServices.loadBalancerSourceRanges is empty: name the networks of the nodes outside, e.g. [10.1.0.0/16]" $site) -}}
{{- end -}}
{{- $scaling := .routers.autoscaling -}}
{{- if $scaling.enabled -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- $mistakes = append $mistakes (printf "the site %q: routers.autoscaling.minReplicas is above maxReplicas" $site) -}}
{{- end -}}
{{- if and (eq (int $scaling.cpuPercent) 0) (eq (int $scaling.requestsInFlight) 0) -}}
{{- $mistakes = append $mistakes (printf "the site %q: routers.autoscaling looks at nothing: set cpuPercent or requestsInFlight" $site) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}

{{- define "parley.validate.rest" -}}
{{- $mistakes := list -}}
{{- if not (regexMatch "^[a-z][a-z0-9-]*$" (include "parley.fullname" .)) -}}
{{- $mistakes = append $mistakes (printf "names of Services would begin with %q, which is no name: set fullnameOverride to letters, digits and hyphens that begin with a letter" (include "parley.fullname" .)) -}}
{{- end -}}
{{- range list (list "image" .Values.image) (list "redis.trial.image" .Values.redis.trial.image) (list "nats.server.image" .Values.nats.server.image) -}}
{{- if eq (toString (index . 1).tag) "latest" -}}
{{- $mistakes = append $mistakes (printf "%s.tag is latest: nobody could tell what runs; name a version" (first .)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.externalSecrets.secrets (not .Values.externalSecrets.storeRef) -}}
{{- $mistakes = append $mistakes "externalSecrets.storeRef is empty: name the store" -}}
{{- end -}}
{{- if .Values.tests.existingSecret -}}
{{- if not (and .Values.tests.user .Values.tests.with) -}}
{{- $mistakes = append $mistakes "helm test needs two users: set tests.user and tests.with" -}}
{{- end -}}
{{- if and (eq .Values.tests.scheme "basic") (not (hasPrefix "https://" .Values.tests.server)) -}}
{{- $mistakes = append $mistakes "tests.scheme is basic, which only https takes: set tests.server, e.g. https://im.example.com" -}}
{{- else if and (not .Values.tests.server) (not .Values.clients.http.enabled) -}}
{{- $mistakes = append $mistakes "tests.server is empty, and there is no plain HTTP: set it, e.g. https://im.example.com" -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraSecrets -}}
{{- range .roles -}}
{{- if not (has . (list "routers" "homes" "sync")) -}}
{{- $mistakes = append $mistakes (printf "extraSecrets: %q is no role; roles are routers, homes and sync" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "mistakes" $mistakes | toJson -}}
{{- end }}
