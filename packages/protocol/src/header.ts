/** Header names of RVP §7.2 and of HTTP, each spelled the one way that every real client reads (client-facts §1.2). */
export const header = {
  ackType: 'RVP-Ack-Type',
  authorization: 'Authorization',
  callBack: 'Call-Back',
  contentLength: 'Content-Length',
  contentType: 'Content-Type',
  depth: 'Depth',
  fromPrincipal: 'RVP-From-Principal',
  hopCount: 'RVP-Hop-Count',
  host: 'Host',
  lastEventId: 'Last-Event-ID',
  location: 'Location',
  notificationsVersion: 'RVP-Notifications-Version',
  notificationType: 'Notification-Type',
  requestId: 'X-Request-Id',
  retryAfter: 'Retry-After',
  stream: 'RVP-Stream',
  subscriptionId: 'Subscription-Id',
  subscriptionLifetime: 'Subscription-Lifetime',
  wwwAuthenticate: 'WWW-Authenticate',
} as const

/** All real clients say 0.2, whatever the text says; nobody checks ours (client-facts §4). */
export const notificationsVersion = '0.2'

/** The one XML type that real clients read (client-facts §1.2: `application/xml` logs librvp out). */
export const xmlContentType = 'text/xml'

export type NotificationType = 'pragma/notify' | 'update/propchange'

/** When the sender of a NOTIFY takes it for delivered (RVP §5.6). */
export type AckType = 'SingleHop' | 'DeepOr' | 'DeepAnd'
