import type { DirectoryOptions, LdapSourceOptions } from '@parley/adapter-ldap'
import type { ClusterConfig } from './cluster-config.ts'
import type { DirectoryConfig } from './directory-config.ts'
import { ConfigError } from './load-config.ts'
import { readPemFile, readSecretFile } from './secret-file.ts'

/** The directory with the secrets that its configuration names. Throws ConfigError. */
export function directorySettings(
  { domains }: Pick<ClusterConfig, 'domains'>,
  directory: DirectoryConfig,
): DirectoryOptions {
  const {
    domain,
    groups,
    tls,
    bind,
    attributes,
    timeoutSeconds,
    pollSeconds: _,
    fullReadHours: __,
    ...plain
  } = directory
  const names = domains.map(({ name }) => name)
  const first = domain ?? names[0] ?? ''
  if (!names.includes(first)) throw new ConfigError(`"directory.domain" names ${first}, which is not in "domains"`)
  return {
    ...defined(plain),
    domains: [first, ...names.filter((name) => name !== first)],
    attributes: defined(attributes),
    ...(groups && { groups: { ...defined(groups), filter: groups.filter, path: groups.path } }),
    ...(tls && { tls: tlsMaterial(tls) }),
    ...(bind && { bind: { dn: bind.dn, password: readSecretFile(bind.passwordFile, 'directory.bind.passwordFile') } }),
    timeoutMs: timeoutSeconds * 1000,
  }
}

/** The same, for who also writes the homes back that it chose. Throws ConfigError. */
export function sourceSettings(config: ClusterConfig, directory: DirectoryConfig): LdapSourceOptions {
  const { writeBack } = config.sync.assignment
  return { ...directorySettings(config, directory), ...(writeBack !== undefined && { writeBack }) }
}

function tlsMaterial({ ca, cert, key }: NonNullable<DirectoryConfig['tls']>): DirectoryOptions['tls'] & object {
  return {
    ...(ca !== undefined && { ca: readPemFile(ca, 'directory.tls.ca') }),
    ...(cert !== undefined && { cert: readPemFile(cert, 'directory.tls.cert') }),
    ...(key !== undefined && { key: readSecretFile(key, 'directory.tls.key') }),
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Without the settings that are not set. */
function defined<T extends object>(settings: T): Defined<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Defined<T>
}
