/** The stateless router: looks a node's home up, finds who holds it, and hands the request on. */
export type { RedirectPolicy } from './redirect-policy.ts'
export { createRouter, type Router, type RouterCounts } from './router.ts'
export { type DelayedRequest, type RouterEvents, silentRouterEvents } from './router-events.ts'
export { defaultRouterLimits, type RouterLimits } from './router-limits.ts'
export type { RouterOptions } from './router-options.ts'
