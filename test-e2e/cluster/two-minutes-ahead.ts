/**
 * Loaded into a process before anything else (`node --import`), sets its clock two minutes ahead of everybody else's.
 *
 * NOTE: not libfaketime: a test must not need a program that few machines have, and all that ours reads of the clock is Date.
 */
const aheadMs = 120_000
const RealDate = Date

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: [], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [target.now() + aheadMs] : given, newTarget),
  get: (target, name, receiver) =>
    name === 'now' ? () => target.now() + aheadMs : (Reflect.get(target, name, receiver) as unknown),
})
