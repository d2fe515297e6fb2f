import { parseHomeName } from '@parley/domain'
import { type LogicalUrl, logicalUrlOf, userUrl } from '@parley/protocol'
import type { TestRequest } from './home-under-test.ts'

/** Two homes, and the users and the group of the cluster under test. */
export const hq = parseHomeName('hq-1')
export const oslo = parseHomeName('oslo-1')
export const urlOf = (alias: string): LogicalUrl => userUrl('im.example.com', alias)
export const [alice, bob, carol] = [urlOf('alice'), urlOf('bob'), urlOf('carol')]
export const group = logicalUrlOf('im.example.com', '/groups/sales')

/** Signs a device of `by` in; `target` is its Call-Back, or asks for a stream. */
export const login = (by: LogicalUrl, target: Readonly<Record<string, string>>): TestRequest => ({
  by,
  method: 'SUBSCRIBE',
  node: by,
  headers: { 'Notification-Type': 'pragma/notify', 'Subscription-Lifetime': '14400', ...target },
})
/** Watches a node, for its watcher’s own node unless told otherwise. */
export const watch = (
  by: LogicalUrl,
  node: LogicalUrl,
  target: Readonly<Record<string, string>> = {},
): TestRequest => ({
  by,
  method: 'SUBSCRIBE',
  node,
  headers: { 'Notification-Type': 'update/propchange', 'Subscription-Lifetime': '14400', ...target },
})
/** Sets one property, given as XML with the prefixes d and r. */
export const patch = (by: LogicalUrl, node: LogicalUrl, xml: string): TestRequest => ({
  by,
  method: 'PROPPATCH',
  node,
  body: `<d:propertyupdate xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><d:set><d:prop>${xml}</d:prop></d:set></d:propertyupdate>`,
})
/** Sets a property that nobody but its reader knows. */
export const setNote = (by: LogicalUrl, note: string, node = by): TestRequest =>
  patch(by, node, `<x:note xmlns:x="urn:x">${note}</x:note>`)
/** Sets a state for 20 minutes. */
export const setState = (by: LogicalUrl, state: string): TestRequest =>
  patch(
    by,
    by,
    `<r:state><r:leased-value><r:value><r:${state}/></r:value><r:default-value><r:offline/></r:default-value><d:timeout>1200</d:timeout></r:leased-value></r:state>`,
  )
/** Reads state and note. */
export const read = (by: LogicalUrl, node = by): TestRequest => ({
  by,
  method: 'PROPFIND',
  node,
  headers: { Depth: '0' },
  body: '<d:propfind xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:x="urn:x"><d:prop><r:state/><x:note/></d:prop></d:propfind>',
})
/** Reads the access list of `by`, or writes `body` into it. */
export const acl = (by: LogicalUrl, body = ''): TestRequest => ({ by, method: 'ACL', node: by, body })
/** Forbids carol to send. */
export const blockCarol = `<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/"><a:acl><a:ace><a:principal><a:rvp-principal>${carol}</a:rvp-principal><a:credentials><a:any/></a:credentials></a:principal><a:deny><a:send-to/></a:deny></a:ace></a:acl></a:rvpacl>`
/** A message that wants to be acknowledged by a device. */
export const message = (by: LogicalUrl, to: LogicalUrl, text = 'hello'): TestRequest => ({
  by,
  method: 'NOTIFY',
  node: to,
  headers: { 'RVP-Ack-Type': 'DeepOr' },
  body: `<r:notification xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><r:message><r:msgbody><r:mime-data><![CDATA[MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n${text}]]></r:mime-data></r:msgbody></r:message></r:notification>`,
})
