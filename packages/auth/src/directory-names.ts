import { accountNameOf, type Locations, type MapEntry, type SourceId } from '@parley/domain'
import { domainOf, type LogicalUrl, RvpError, userUrl } from '@parley/protocol'

/** A user of a directory, who is allowed to use IM. */
export interface DirectoryAccount {
  readonly id: SourceId
  readonly node: LogicalUrl
}

const maxNameLength = 320

/** Whom the names that people type stand for. All methods reject with UnavailableError. */
export class DirectoryNames {
  readonly #map: Pick<Locations, 'named' | 'entry'>
  readonly #ntDomain: () => string | undefined

  /** `ntDomain`: whose accounts are meant when nobody says. */
  constructor(map: Pick<Locations, 'named' | 'entry'>, ntDomain: () => string | undefined = () => undefined) {
    this.#map = map
    this.#ntDomain = ntDomain
  }

  /**
   * Any spelling of any name: user principal name, mail or IM address, `NTDOMAIN\account`, an account, or the alias in the IM domain. What
   * stands before an unknown account is passed over, as classic clients send anything there (client-facts §5, 37); the password is that
   * of the account which is found, or it is wrong.
   */
  async typed(domain: string, username: string): Promise<DirectoryAccount | undefined> {
    if (username.length > maxNameLength) return undefined
    const name = username.toLowerCase().replace('/', '\\').replace(/^\\/, '')
    const named = await this.#named(name)
    if (named) return accountOf(named, domain)
    const at = name.indexOf('@')
    // NOTE: somebody@elsewhere is nobody here, whoever has that account.
    if (at >= 0 && name.slice(at + 1) !== domain) return undefined
    return accountOf(await this.#byAccount(domain, accountNameOf(name)), domain)
  }

  /**
   * The user that a Windows domain means by these names. It decides by itself whose proof it checks, so nobody is found by a guess here: else
   * the account of another, trusted domain could stand for the one of the same name in ours.
   */
  async windows(domain: string, ntDomain: string, username: string): Promise<DirectoryAccount | undefined> {
    const [realm, account] = [ntDomain.toLowerCase(), username.toLowerCase()]
    if (account.length > maxNameLength || realm.length > maxNameLength || /[\\/]/.test(account)) return undefined
    // NOTE: Windows reads `user@host` as the user principal name, and passes over the domain.
    if (account.includes('@')) return accountOf(await this.#named(account), domain)
    const entry =
      realm === ''
        ? await this.#byAccount(domain, account)
        : ((await this.#named(`${realm}\\${account}`)) ?? (await this.#named(`${account}@${realm}`)))
    return entry && hasAccount(entry, account) ? accountOf(entry, domain) : undefined
  }

  async #byAccount(domain: string, account: string): Promise<MapEntry | undefined> {
    const ntDomain = this.#ntDomain()?.toLowerCase()
    const found = (await this.#named(account)) ?? (ntDomain && (await this.#named(`${ntDomain}\\${account}`)))
    if (found) return found
    const node = aliasUrl(domain, account)
    return node && (await this.#map.entry(node))
  }

  async #named(name: string): Promise<MapEntry | undefined> {
    const found = await this.#map.named(name)
    return found && (await this.#map.entry(found.node))
  }
}

/** Whether the directory calls the user so: `account` alone, or in a Windows domain. */
function hasAccount({ names = [] }: MapEntry, account: string): boolean {
  return names.some((name) => name === account || name.endsWith(`\\${account}`))
}

function accountOf(entry: MapEntry | undefined, domain: string): DirectoryAccount | undefined {
  if (entry?.id === undefined || entry.kind !== 'user' || domainOf(entry.node) !== domain) return undefined
  return { id: entry.id, node: entry.node }
}

function aliasUrl(domain: string, alias: string): LogicalUrl | undefined {
  try {
    return userUrl(domain, alias)
  } catch (error) {
    if (error instanceof RvpError) return undefined
    throw error
  }
}
