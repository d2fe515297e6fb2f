import { type NatsConfig, natsConfig } from '@parley/adapter-nats'
import type { RedisSecrets } from '@parley/adapter-redis'
import type { ClusterKey } from '@parley/http'
import type { ClusterConfig } from './cluster-config.ts'
import { checkedConfig } from './load-config.ts'
import { readPemFile, readSecretFile } from './secret-file.ts'

/** The settings of NATS with the secrets that they name. Throws ConfigError. */
export function natsSettings({ nats }: ClusterConfig): NatsConfig {
  const { passwordFile, tokenFile, nkeyFile, credsFile, tls, ...plain } = nats
  return checkedConfig(
    natsConfig,
    {
      ...plain,
      ...(passwordFile !== undefined && { password: readSecretFile(passwordFile, 'nats.passwordFile') }),
      ...(tokenFile !== undefined && { token: readSecretFile(tokenFile, 'nats.tokenFile') }),
      ...(nkeyFile !== undefined && { nkey: readSecretFile(nkeyFile, 'nats.nkeyFile') }),
      ...(credsFile !== undefined && { creds: readSecretFile(credsFile, 'nats.credsFile') }),
      ...(tls && { tls: tlsMaterial(tls, 'nats.tls') }),
    },
    '"nats"',
  )
}

/** Certificates for TLS between nodes. Throws ConfigError. */
export function clusterTls({ cluster: { tls } }: ClusterConfig): {
  tls?: { readonly ca: string; readonly cert: string; readonly key: string }
} {
  if (!tls) return {}
  return {
    tls: {
      ca: readPemFile(tls.ca, 'cluster.tls.ca'),
      cert: readPemFile(tls.cert, 'cluster.tls.cert'),
      key: readSecretFile(tls.key, 'cluster.tls.key'),
    },
  }
}

/** The secrets of Redis. Throws ConfigError. */
export function redisSecrets({ passwordFile, sentinelPasswordFile, tls }: ClusterConfig['redis']): RedisSecrets {
  return {
    ...(passwordFile !== undefined && { password: readSecretFile(passwordFile, 'redis.passwordFile') }),
    ...(sentinelPasswordFile !== undefined && {
      sentinelPassword: readSecretFile(sentinelPasswordFile, 'redis.sentinelPasswordFile'),
    }),
    ...(tls && { tls: tlsMaterial(tls, 'redis.tls') }),
  }
}

function tlsMaterial(
  { ca, cert, key }: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined },
  setting: string,
): { ca?: string; cert?: string; key?: string } {
  return {
    ...(ca !== undefined && { ca: readPemFile(ca, `${setting}.ca`) }),
    ...(cert !== undefined && { cert: readPemFile(cert, `${setting}.cert`) }),
    ...(key !== undefined && { key: readSecretFile(key, `${setting}.key`) }),
  }
}

/** The keys that nodes sign with. Throws ConfigError. */
export function clusterSecrets({ cluster }: ClusterConfig): readonly ClusterKey[] {
  return cluster.keys.map(({ id, file }) => ({
    id,
    secret: new TextEncoder().encode(readSecretFile(file, 'cluster.keys')),
  }))
}
