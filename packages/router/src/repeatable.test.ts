import { header } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { isRepeatable } from './repeatable.ts'
import { requestOf } from './testing/router-under-test.ts'

describe('requests that may be carried out twice', () => {
  it.each(['PROPFIND', 'SUBSCRIPTIONS', 'PROPPATCH', 'ACL'])('are those of %s', (method) => {
    expect(isRepeatable(requestOf(method))).toBe(true)
  })

  it.each(['NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE', 'LOCK'])('are not those of %s', (method) => {
    expect(isRepeatable(requestOf(method))).toBe(false)
  })

  it('are renewals, which have an id and no Call-Back (RVP §5.1.3)', () => {
    const renewal = { [header.subscriptionId]: '4711' }
    expect(isRepeatable(requestOf('SUBSCRIBE', { headers: renewal }))).toBe(true)
    const callBack = { ...renewal, [header.callBack]: 'http://10.0.0.9:8000/' }
    expect(isRepeatable(requestOf('SUBSCRIBE', { headers: callBack }))).toBe(false)
  })
})
