import type { RvpRequest, RvpResponse, RvpService } from '@parley/http'
import { isRvpMethod, NotImplementedError, type RvpMethod } from '@parley/protocol'
import type { HomeDeps } from './home-deps.ts'
import { acl } from './methods/acl.ts'
import type { MethodHandler } from './methods/method-handler.ts'
import { notify } from './methods/notify.ts'
import { propfind } from './methods/propfind.ts'
import { proppatch } from './methods/proppatch.ts'
import { subscribe } from './methods/subscribe.ts'
import { subscriptions } from './methods/subscriptions.ts'
import { unsubscribe } from './methods/unsubscribe.ts'

/** The home server: RVP's methods on the nodes that it holds. */
export class Home implements RvpService {
  readonly #methods: Readonly<Record<RvpMethod, MethodHandler>>

  constructor(deps: HomeDeps) {
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

  /** Answers one authenticated request; rejects with RvpError. */
  async handle(request: RvpRequest): Promise<RvpResponse> {
    if (!isRvpMethod(request.method)) throw new NotImplementedError('the method is not part of RVP')
    return await this.#methods[request.method](request)
  }
}
