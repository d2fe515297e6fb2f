import { LdapSource } from '@parley/adapter-ldap'
import type { Clock, DirectorySource } from '@parley/domain'
import type { ClusterConfig } from './cluster-config.ts'
import { withUsers } from './compose-router.ts'
import { sourceSettings } from './directory-settings.ts'
import type { Logger } from './logger.ts'
import { usersFileSource } from './users-file-source.ts'
import { openUsers } from './users-of-domains.ts'

/** Where the users of a cluster come from. */
export interface SyncSource extends AsyncDisposable {
  readonly source: DirectorySource
  /** How often changes are asked for; absent where changes tell of themselves. */
  readonly pollMs?: number
}

/** Opens the directory that the configuration names, or else the users file. Rejects with ConfigError, UsersFileError, LdapSetupError. */
export async function openSyncSource(config: ClusterConfig, logger: Logger, clock: Clock): Promise<SyncSource> {
  const { directory } = config
  if (directory) {
    const source = new LdapSource(sourceSettings(config, directory), clock)
    const pollMs = directory.pollSeconds * 1000
    return { source, pollMs, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() }
  }
  const named = withUsers(config)
  const users = await openUsers(named, logger)
  return {
    source: usersFileSource(users, named.users),
    [Symbol.asyncDispose]: () => users[Symbol.asyncDispose](),
  }
}
