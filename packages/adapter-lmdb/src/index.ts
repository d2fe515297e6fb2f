/** The embedded node store on LMDB: one directory, one process, no server beside it. */
export { NodeStoreLmdb, StoreFormatError, StoreInUseError } from './node-store-lmdb.ts'
