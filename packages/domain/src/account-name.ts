/**
 * The account that a spelling of a user's name stands for, in lower case: `user`, `/user`, `\user`, `DOMAIN\user`,
 * `DOMAIN/user` and `user@domain` are one account (client-facts §5, 37).
 */
export function accountNameOf(username: string): string {
  const start = Math.max(username.lastIndexOf('\\'), username.lastIndexOf('/')) + 1
  const at = username.indexOf('@', start)
  return username.slice(start, at < 0 ? undefined : at).toLowerCase()
}
