import {
  BadRequestError,
  domainOf,
  hostOf,
  isAuthority,
  type LogicalUrl,
  logicalUrlOf,
  NotFoundError,
  parsePhysicalPath,
  parseSpelledUrl,
  pathOf,
} from '@parley/protocol'

/** An IM domain and the other host names under which clients may know it, e.g. the target of its SRV record. */
export interface ServedDomain {
  readonly domain: string
  readonly aliases: readonly string[]
}

/** The parts of a request that say which node it is for. */
export interface AddressedRequest {
  readonly target: string
  /** Value of the Host header; clients leave the port out (client-facts §5, 5). */
  readonly host: string | undefined
  /** Value of RVP-From-Principal. */
  readonly fromPrincipal: string | undefined
  readonly localPort: number
}

/** The node that a request is for, as this client names it. */
export interface Address {
  readonly node: LogicalUrl
  readonly href: string
  readonly authority: string
  /** Whether the target was of the physical form. */
  readonly isPhysical: boolean
  /** The IM domain of a caller who names none: the node's, or the first that is served when that is not one of ours. */
  readonly callerDomain: string
  /** Canonical name of the node that `url` names, ours or of another domain that is known; undefined for any other URL. */
  resolve(url: string): LogicalUrl | undefined
}

interface Split {
  readonly domain: string
  readonly path: string
  /** As spelled in an absolute target. */
  readonly authority: string | undefined
  readonly isPhysical: boolean
}

/** Which URLs are ours. Clients know a domain by its name, an alias, or whatever host they connected to. */
export class Addressing {
  readonly #byHost = new Map<string, string>()
  readonly #isServed = (host: string): boolean => this.#byHost.has(host)
  readonly #defaultDomain: string
  readonly #isForeign: (domain: string) => boolean

  /**
   * The first domain is the one of requests that name none of ours. `isForeign`: whether a host, in lower case, is another IM
   * domain whose nodes may be named; no other one is known when it is absent.
   */
  constructor(
    domains: readonly [ServedDomain, ...ServedDomain[]],
    isForeign: (domain: string) => boolean = () => false,
  ) {
    this.#isForeign = isForeign
    this.#defaultDomain = domains[0].domain.toLowerCase()
    for (const { domain, aliases } of domains) {
      for (const name of [domain, ...aliases]) this.#byHost.set(hostOf(name), domain.toLowerCase())
    }
  }

  /** Throws BadRequestError for a malformed target, NotFoundError for one in a domain that is not ours. */
  locate(request: AddressedRequest): Address {
    const host = request.host !== undefined && isAuthority(request.host) ? request.host : undefined
    const requestHost = host === undefined ? undefined : hostOf(host)
    const foreign = this.#foreignAddress(request.target, host)
    if (foreign) return foreign
    const resolve = this.#resolver(requestHost, undefined)
    const { domain, path, authority, isPhysical } = this.#split(request, host, requestHost)
    const node = logicalUrlOf(domain, path)
    const spelled =
      authority ??
      authorityOf({
        ...request,
        host,
        domain,
        isPhysical,
        isServed: this.#isServed,
        resolve,
      })
    // NOTE: the alias keeps the case in which the client wrote it: it compares hrefs byte for byte (client-facts §1.4).
    const spelledPath = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
    const href = spelled === domain && spelledPath === pathOf(node) ? node : `http://${spelled}${spelledPath}`
    return { node, href, authority: spelled, isPhysical, callerDomain: domainOf(node), resolve }
  }

  /** The IM domain of a caller who asks for no node and names no domain: that of the Host header, or the first. */
  callerDomain(host: string | undefined): string {
    return this.#domainOf(host === undefined ? undefined : hostOf(host))
  }

  /** Whether a node is of one of our domains. */
  serves(node: LogicalUrl): boolean {
    return this.#isServed(hostOf(domainOf(node)))
  }

  /**
   * The `resolve` of a request that was located elsewhere: `host` is the value of its Host header. One from a server of
   * another IM domain may also name nodes of that domain, which is `callerDomain`.
   */
  resolver(host: string | undefined, callerDomain?: string): Address['resolve'] {
    return this.#resolver(host !== undefined && isAuthority(host) ? hostOf(host) : undefined, callerDomain)
  }

  /** The node of another IM domain, if the target, or else the Host header, names one that is known. */
  #foreignAddress(target: string, host: string | undefined): Address | undefined {
    const isAbsolute = !target.startsWith('/')
    if (target === '*' || (!isAbsolute && (host === undefined || !this.#isForeign(withoutDefaultPort(host)))))
      return undefined
    const { authority, path } = isAbsolute ? parseSpelledUrl(target) : { authority: host ?? '', path: target }
    const domain = withoutDefaultPort(authority)
    if (!this.#isForeign(domain)) return undefined
    if (parsePhysicalPath(path)) throw notOurs()
    const node = logicalUrlOf(domain, path)
    const href = `http://${authority}${path.endsWith('/') ? path.slice(0, -1) : path}`
    // NOTE: the Host is another domain's, so it says nothing about how the client names ours.
    const resolve = this.#resolver(undefined, undefined)
    return { node, href, authority, isPhysical: false, callerDomain: this.#defaultDomain, resolve }
  }

  #split({ target }: AddressedRequest, host: string | undefined, requestHost: string | undefined): Split {
    if (target === '*') throw new BadRequestError('the request names no node')
    if (!target.startsWith('/')) return this.#splitAbsolute(target, requestHost)
    const physical = parsePhysicalPath(target)
    if (!physical) return { domain: this.#domainOf(requestHost), path: target, authority: undefined, isPhysical: false }
    const domain = this.#byHost.get(hostOf(physical.domain))
    // NOTE: librvp knows us by an address and puts that into physical URLs, too.
    if (domain === undefined && !(host && hostOf(physical.domain) === requestHost)) throw notOurs()
    return { domain: domain ?? this.#defaultDomain, path: physical.path, authority: undefined, isPhysical: true }
  }

  #splitAbsolute(target: string, requestHost: string | undefined): Split {
    const { authority, path } = parseSpelledUrl(target)
    const domain = this.#domainOfUrl(hostOf(authority), requestHost)
    if (domain === undefined) throw notOurs()
    const physical = parsePhysicalPath(path)
    if (!physical) return { domain, path, authority, isPhysical: false }
    const inner = this.#byHost.get(hostOf(physical.domain))
    if (inner === undefined) throw notOurs()
    return { domain: inner, path: physical.path, authority: undefined, isPhysical: true }
  }

  /** Remembers the last answer: a request is asked for the same principal by its addressing, its authentication and its method. */
  #resolver(requestHost: string | undefined, callerDomain: string | undefined): Address['resolve'] {
    let known: { readonly url: string; readonly node: LogicalUrl | undefined } | undefined
    return (url) => {
      if (known?.url !== url) {
        known = { url, node: this.#resolve(url, requestHost) ?? this.#resolveForeign(url, callerDomain) }
      }
      return known.node
    }
  }

  #resolve(url: string, requestHost: string | undefined): LogicalUrl | undefined {
    const { authority, path } = parseSpelledUrl(url)
    if (path === '/') return undefined
    const domain = this.#domainOfUrl(hostOf(authority), requestHost)
    if (domain === undefined) return undefined
    const physical = parsePhysicalPath(path)
    if (!physical) return logicalUrlOf(domain, path)
    const inner = this.#domainOfUrl(hostOf(physical.domain), requestHost)
    return inner === undefined ? undefined : logicalUrlOf(inner, physical.path)
  }

  #resolveForeign(url: string, callerDomain: string | undefined): LogicalUrl | undefined {
    const { authority, path } = parseSpelledUrl(url)
    const domain = withoutDefaultPort(authority)
    if (path === '/' || (domain !== callerDomain && !this.#isForeign(domain)) || parsePhysicalPath(path))
      return undefined
    return logicalUrlOf(domain, path)
  }

  #domainOf(host: string | undefined): string {
    return (host === undefined ? undefined : this.#byHost.get(host)) ?? this.#defaultDomain
  }

  #domainOfUrl(host: string, requestHost: string | undefined): string | undefined {
    const known = this.#byHost.get(host)
    if (known !== undefined) return known
    // The host that this very request was sent to is ours by whatever name, unless it is another IM domain's; so is nothing else.
    return host === requestHost && !this.#isForeign(host) ? this.#defaultDomain : undefined
  }
}

/** Host[:port] by which the client names the domain: from RVP-From-Principal, else Host with our port (client-facts §5, 5). */
function authorityOf(given: {
  fromPrincipal: string | undefined
  localPort: number
  host: string | undefined
  domain: string
  isPhysical: boolean
  isServed: (host: string) => boolean
  resolve: (url: string) => LogicalUrl | undefined
}): string {
  const { fromPrincipal, localPort, host, domain } = given
  const principal = fromPrincipal === undefined ? undefined : given.resolve(fromPrincipal)
  if (fromPrincipal !== undefined && principal !== undefined && domainOf(principal) === domain) {
    const { authority } = parseSpelledUrl(fromPrincipal)
    // A physical URL's host is the home server's, and a Host that is no name of ours is a proxy's for itself: neither says
    // anything about the logical URL.
    const isHostForeign = host !== undefined && !given.isServed(hostOf(host)) && given.isServed(hostOf(authority))
    if (given.isPhysical || isHostForeign || (host !== undefined && hostOf(authority) === hostOf(host)))
      return authority
  }
  if (host === undefined || given.isPhysical) return domain
  if (hostOf(host) === domain || /:[0-9]+$/.test(host)) return host
  return localPort === 80 ? host : `${host}:${localPort}`
}

/** An authority as it stands in canonical URLs. */
function withoutDefaultPort(authority: string): string {
  return authority.toLowerCase().replace(/:80$/, '')
}

function notOurs(): NotFoundError {
  return new NotFoundError('no such IM domain here')
}
