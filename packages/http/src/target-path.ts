/** The path of a target in origin form or absolute form, which a proxy may have made of it, without a query. */
export function pathOfTarget(target: string): string {
  if (target.startsWith('/')) return target.split('?', 1)[0] ?? ''
  return /^https?:\/\/[^/?#]*(\/[^?]*)/i.exec(target)?.[1] ?? ''
}

/** What stands behind the first question mark of a target; empty when there is none. */
export function queryOfTarget(target: string): string {
  const at = target.indexOf('?')
  return at < 0 ? '' : target.slice(at + 1)
}
