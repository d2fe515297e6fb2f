import type { LdapBind } from '@parley/adapter-ldap'
import { type WinbindEvents, WinbindNtlm, WinbindTickets } from '@parley/adapter-winbind'
import { type AuthenticatorOptions, DirectoryCredentials, ImPasswordCredentials } from '@parley/auth'
import type { CredentialSource, Ids, PasswordChecker } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import type { ClusterConfig } from './cluster-config.ts'
import type { ClusterParts } from './cluster-parts.ts'
import type { Conditions } from './conditions.ts'
import { DirectoryPolicy } from './directory-policy.ts'
import { directorySettings } from './directory-settings.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { openUsers, type Users } from './users-of-domains.ts'

/** Who may sign in at a process, and by which schemes that can be. */
export interface EdgeCredentials extends AsyncDisposable {
  readonly credentials: CredentialSource
  readonly schemes: AuthenticatorOptions['schemes']
}

interface Given {
  readonly parts: Pick<ClusterParts, 'locations' | 'attempts' | 'clock'>
  readonly ids: Ids
  readonly logger: Logger
  readonly conditions: Conditions
}

/** Opens the directory's credentials, the users file, or both, as configured. Rejects with ConfigError, UsersFileError, LdapSetupError. */
export async function openEdgeCredentials(config: ClusterConfig, given: Given): Promise<EdgeCredentials> {
  const { users: path, directory, auth } = config
  await using open = new AsyncDisposableStack()
  const users = path === undefined ? undefined : open.use(await openUsers({ ...config, users: path }, given.logger))
  if (!directory) {
    if (users) return kept(users, auth, open)
    throw new ConfigError(
      '"users" is missing: clients sign in at this process; name the users file of "parley user", or a "directory"',
    )
  }
  const { ldapBind, ntlmAuth } = config.credentials
  const ldap = open.use(await ldapBindOf(config, directory, given))
  const winbind = ntlmAuth && winbindOf(ntlmAuth, given)
  const ntlm = open.use(winbind && new WinbindNtlm(winbind))
  const tickets = open.use(winbind && ntlmAuth?.kerberos ? new WinbindTickets(winbind) : undefined)
  if (!users && !ldapBind && !ntlm) {
    throw new ConfigError('nobody can sign in: "credentials" allows neither "ldapBind" nor "ntlmAuth"')
  }
  const { attempts } = config.credentials
  const policy = new DirectoryPolicy(ldap, {
    attempts,
    ntDomain: directory.ntDomain,
    clock: given.parts.clock,
    onProblem: (reason) => given.logger.warn({ event: 'directory.policy-unread', reason }),
  })
  await policy.refresh()
  const { locations: map, attempts: budget, clock } = given.parts
  const fromDirectory = new DirectoryCredentials({
    map,
    budget,
    limits: () => policy.limits(),
    clock,
    ids: given.ids,
    realm: config.domains[0]?.name ?? '',
    ntDomain: () => policy.ntDomain,
    passwords: ldapBind ? passwordsOf(ldap, given.conditions) : undefined,
    ntlm,
    tickets,
  })
  const schemes = {
    digest: auth.digest && users !== undefined,
    ntlm: auth.ntlm && (users !== undefined || ntlm !== undefined),
    basic: auth.basic && (users !== undefined || ldapBind),
  }
  return kept(users ? joined(users, fromDirectory, ldapBind) : fromDirectory, schemes, open)
}

function kept(
  credentials: CredentialSource,
  { digest, ntlm, basic }: AuthenticatorOptions['schemes'],
  open: AsyncDisposableStack,
): EdgeCredentials {
  const all = open.move()
  return { credentials, schemes: { digest, ntlm, basic }, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

function joined(users: Users, directory: DirectoryCredentials, ldapBind: boolean): CredentialSource {
  return new ImPasswordCredentials(users, directory, ldapBind ? directory : users)
}

/** Loads LDAP only where a directory is configured: without it a router starts sooner. */
async function ldapBindOf(
  config: ClusterConfig,
  directory: NonNullable<ClusterConfig['directory']>,
  { parts, logger }: Given,
): Promise<LdapBind> {
  const { LdapBind } = await import('@parley/adapter-ldap')
  return new LdapBind(directorySettings(config, directory), parts.clock, {
    refused: (id, reason) => logger.info({ event: 'directory.refused', id, reason }),
  })
}

/** The directory as who checks passwords; `parley status` tells when it is away. */
function passwordsOf(ldap: LdapBind, conditions: Conditions): PasswordChecker {
  return {
    async checkPassword(id, password) {
      try {
        const verdict = await ldap.verify(id, password)
        conditions.end('directory')
        return verdict === 'right'
      } catch (error) {
        if (error instanceof UnavailableError) conditions.begin('directory', `no passwords: ${error.message}`)
        throw error
      }
    },
  }
}

function winbindOf(
  { command, processes }: NonNullable<ClusterConfig['credentials']['ntlmAuth']>,
  { parts, logger, conditions }: Given,
) {
  const [program = 'ntlm_auth', ...words] = command
  let told: string | undefined
  const events: WinbindEvents = {
    answered() {
      told = undefined
      conditions.end('winbind')
    },
    problem(detail) {
      conditions.begin('winbind', `no NTLM and no tickets: ${detail}`)
      if (detail !== told) logger.error({ event: 'winbind.problem', detail })
      told = detail
    },
  }
  return { command: [program, ...words] as const, processes, clock: parts.clock, events }
}
