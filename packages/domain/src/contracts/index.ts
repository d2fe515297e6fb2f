/** What every adapter of a port promises, as test suites for vitest: each adapter runs its port's. */
export { nodeStoreContract, type OpenNodeStore } from './node-store-contract.ts'
