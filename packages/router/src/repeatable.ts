import type { RvpRequest } from '@parley/http'
import { header } from '@parley/protocol'

/** Whether the request does no more when it is carried out twice than when it is carried out once. */
export function isRepeatable(request: RvpRequest): boolean {
  switch (request.method) {
    case 'PROPFIND':
    case 'SUBSCRIPTIONS':
    case 'PROPPATCH':
    case 'ACL':
      return true
    case 'SUBSCRIBE':
      // A renewal (RVP §5.1.3); any other one would make a second subscription.
      return request.header(header.subscriptionId) !== undefined && request.header(header.callBack) === undefined
    default:
      return false
  }
}
