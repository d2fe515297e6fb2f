{{/* nats.conf of the server in this release. Its user is the one that `parley nats-users` prints for homes. */}}
{{- define "parley.natsConfig" -}}
{{- $leaf := .Values.nats.leaf -}}
{{- $prefix := default "parley" (default dict .Values.config.nats).prefix -}}
{{- $permission := printf "{ allow: [\"%s.status.>\", \"%s.beat.>\"], deny: [\"$JS.>\"] }" $prefix $prefix -}}
listen: {{ printf "%s:4222" .Values.listenAddress | quote }}
http: {{ printf "%s:8222" .Values.listenAddress | quote }}
max_payload: 4096
authorization {
  users: [
    {
      user: "parley", password: $NATS_PASSWORD
      permissions: { publish: {{ $permission }}, subscribe: {{ $permission }} }
    }
  ]
}
{{- if $leaf.enabled }}
leafnodes {
  remotes: [
    {
      urls: [
        {{- range $index, $remote := $leaf.remotes }}
        {{ ternary (printf "$LEAF_URL_%d" $index) (quote $remote) (ne $leaf.user "") }}
        {{- end }}
      ]
      {{- with $leaf.credsKey }}
      credentials: "/run/secrets/leaf/{{ . }}"
      {{- end }}
      {{- if or $leaf.caKey $leaf.certKey }}
      tls {
        {{- with $leaf.caKey }}
        ca_file: "/run/secrets/leaf/{{ . }}"
        {{- end }}
        {{- if $leaf.certKey }}
        cert_file: "/run/secrets/leaf/{{ $leaf.certKey }}"
        key_file: "/run/secrets/leaf/{{ $leaf.keyKey }}"
        {{- end }}
      }
      {{- end }}
    }
  ]
}
{{- end }}
{{- end }}
