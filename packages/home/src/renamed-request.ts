import type { FreshRenames, Identity, Nodes } from '@parley/domain'
import { NotHeldError, type RvpRequest } from '@parley/http'
import type { HomeRenames } from './home-renames.ts'

/** What a home knows of renames when it is asked for something. */
export interface RenamesAtHome {
  readonly fresh: Pick<FreshRenames, 'has' | 'now' | 'isEmpty'>
  readonly renames: Pick<HomeRenames, 'catchUp' | 'ready'>
  readonly nodes: Pick<Nodes, 'loaded'>
}

/**
 * Makes a home ready for a request, and the request for a home. Rejects with NotHeldError when the node has another URL by now, which a
 * router tells the caller.
 */
export function withRenames(request: RvpRequest, known: RenamesAtHome): RvpRequest | Promise<RvpRequest> {
  if (known.nodes.loaded(request.node)) return asRenamed(request, known)
  // NOTE: a node that is not known here may be one that was renamed just now. Where nobody can tell, what is known is served.
  const answer = (): RvpRequest => asRenamed(request, known)
  return known.renames.catchUp().then(answer, answer)
}

function asRenamed(request: RvpRequest, { fresh, renames }: RenamesAtHome): RvpRequest {
  const { node } = request
  if (fresh.isEmpty) return request
  if (fresh.has(node) || !renames.ready(node)) throw new NotHeldError()
  return new RenamedRequest(request, fresh)
}

/**
 * A request in which nodes that were renamed lately may have their old URLs: the caller's, of whom the edge or a home may not have heard
 * the new one, and those that headers and body name. The caller is the same person under both.
 */
export class RenamedRequest implements RvpRequest {
  readonly identity: Identity
  readonly resolve: RvpRequest['resolve']
  readonly #request: RvpRequest

  constructor(request: RvpRequest, renamed: Pick<FreshRenames, 'now'>) {
    this.#request = request
    const { identity } = request
    const principal = renamed.now(identity.principal)
    this.identity = principal === identity.principal ? identity : { ...identity, principal }
    this.resolve = (url) => {
      const node = request.resolve(url)
      return node && renamed.now(node)
    }
  }

  get method() {
    return this.#request.method
  }

  get node() {
    return this.#request.node
  }

  get href() {
    return this.#request.href
  }

  get authority() {
    return this.#request.authority
  }

  get isPhysical() {
    return this.#request.isPhysical ?? false
  }

  get callerHref() {
    return this.#request.callerHref
  }

  get body() {
    return this.#request.body
  }

  get bytes() {
    return this.#request.bytes
  }

  get clientAddress() {
    return this.#request.clientAddress
  }

  get requestId() {
    return this.#request.requestId
  }

  get requestHost() {
    return this.#request.requestHost
  }

  get member() {
    return this.#request.member
  }

  header(name: string) {
    return this.#request.header(name)
  }
}
