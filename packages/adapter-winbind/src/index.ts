/** NTLM answers and Kerberos tickets of a Windows domain, checked by Samba's `ntlm_auth` on a machine that is its member. */
export type { HelperPoolOptions, WinbindEvents } from './helper-pool.ts'
export { WinbindNtlm } from './winbind-ntlm.ts'
export { WinbindTickets } from './winbind-tickets.ts'
