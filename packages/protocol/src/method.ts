/** The methods that RVP gives a meaning (RVP §5). */
export const rvpMethods = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'SUBSCRIPTIONS',
  'PROPFIND',
  'PROPPATCH',
  'NOTIFY',
  'ACL',
] as const

export type RvpMethod = (typeof rvpMethods)[number]

export function isRvpMethod(method: string): method is RvpMethod {
  return (rvpMethods as readonly string[]).includes(method)
}
