/** Brings a directory's users into the cluster's map, each with a home. */
export { type SyncOptions, SyncRefusedError, type SyncResult, syncUsers } from './sync-users.ts'
