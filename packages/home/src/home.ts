import { MovedError } from '@parley/domain'
import { NotHeldError, type RvpRequest, type RvpResponse, type RvpService } from '@parley/http'
import { isRvpMethod, NotFoundError, NotImplementedError, type RvpMethod } from '@parley/protocol'
import type { DirectoryGroups } from './directory-groups.ts'
import type { HomeDeps } from './home-deps.ts'
import { acl } from './methods/acl.ts'
import type { MethodHandler } from './methods/method-handler.ts'
import { notify } from './methods/notify.ts'
import { propfind } from './methods/propfind.ts'
import { proppatch } from './methods/proppatch.ts'
import { subscribe } from './methods/subscribe.ts'
import { subscriptions } from './methods/subscriptions.ts'
import { unsubscribe } from './methods/unsubscribe.ts'
import type { NodeGate } from './node-gate.ts'
import type { NodePlaces } from './node-places.ts'
import { type RenamesAtHome, withRenames } from './renamed-request.ts'

/** What a home of a cluster knows beside its nodes. */
export interface HomeInCluster {
  readonly gate: NodeGate
  /** Tells where a node lives that this home does not have. */
  readonly places: Pick<NodePlaces, 'find'>
  /** Groups whose members the directory names. */
  readonly groups: Pick<DirectoryGroups, 'isUnknown' | 'open'>
  /** Nodes that have got other URLs. Absent: none do. */
  readonly renamed?: RenamesAtHome | undefined
}

/** Methods that never change the node they are for. */
const reading: ReadonlySet<RvpMethod> = new Set<RvpMethod>(['SUBSCRIPTIONS', 'PROPFIND', 'NOTIFY'])

/** The home server: RVP's methods on the nodes that it holds. */
export class Home implements RvpService {
  readonly #methods: Readonly<Record<RvpMethod, MethodHandler>>
  readonly #cluster: HomeInCluster | undefined

  /** Without a `cluster` it is the only home there is. */
  constructor(deps: HomeDeps, cluster?: HomeInCluster) {
    this.#cluster = cluster
    this.#methods = {
      SUBSCRIBE: subscribe(deps),
      UNSUBSCRIBE: unsubscribe(deps),
      SUBSCRIPTIONS: subscriptions(deps),
      PROPFIND: propfind(deps),
      PROPPATCH: proppatch(deps),
      NOTIFY: notify(deps),
      ACL: acl(deps),
    }
  }

  /** Answers one authenticated request; rejects with RvpError: NotHeldError when the node lives elsewhere, or moves just now. */
  async handle(request: RvpRequest): Promise<RvpResponse> {
    const { method } = request
    if (!isRvpMethod(method)) throw new NotImplementedError('the method is not part of RVP')
    if (!this.#cluster) return await this.#methods[method](request)
    const { gate, places, groups, renamed } = this.#cluster
    if (groups.isUnknown(request.node)) await groups.open(request.node)
    // NOTE: nothing comes between these two, so that no rename does.
    const admitting = renamed ? withRenames(request, renamed) : request
    const admitted = admitting instanceof Promise ? await admitting : admitting
    const changes = !reading.has(method)
    return await gate.pass(request.node, { changes }, () => this.#answer(method, admitted, places))
  }

  async #answer(method: RvpMethod, request: RvpRequest, places: HomeInCluster['places']): Promise<RvpResponse> {
    try {
      return await this.#methods[method](request)
    } catch (err) {
      if (err instanceof MovedError) throw new NotHeldError()
      if (!(err instanceof NotFoundError)) throw err
      // NOTE: only now, so that the map is asked for none of the nodes that are here.
      const place = await places.find(request.node)
      if (place === 'elsewhere') throw new NotHeldError()
      if (place === 'nowhere') throw err
    }
    // It has just come.
    return await this.#methods[method](request)
  }
}
