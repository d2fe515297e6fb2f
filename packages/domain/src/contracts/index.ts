/** What every adapter of a port promises, as test suites for vitest: each adapter runs its port's. */
export { attemptBudgetContract, contractAttemptTimes, type OpenAttemptBudget } from './attempt-budget-contract.ts'
export { clockContract, type OpenClock } from './clock-contract.ts'
export {
  contractAccounts,
  contractDomains,
  credentialSourceContract,
  type OpenCredentialSource,
} from './credential-source-contract.ts'
export { contractUsers, directoryContract, type OpenDirectory } from './directory-contract.ts'
export {
  type ContractPerson,
  type DirectoryUnderTest,
  directoryChangesContract,
  directorySourceContract,
  type OpenDirectorySource,
} from './directory-source-contract.ts'
export { formatRecordContract, type OpenFormatRecord } from './format-record-contract.ts'
export { homeLeasesContract, type OpenHomeLeases } from './home-leases-contract.ts'
export { type InboxUnderTest, inboxContract } from './inbox-contract.ts'
export { locationsContract, type OpenLocations } from './locations-contract.ts'
export { nodeStoreContract, type OpenNodeStore } from './node-store-contract.ts'
export { type OpenPeople, peopleContract } from './people-contract.ts'
export { type OpenRenames, renamesContract } from './renames-contract.ts'
export { type StatusBusUnderTest, statusBusContract } from './status-bus-contract.ts'
export { type OpenSyncStore, syncStoreContract } from './sync-store-contract.ts'
export { type TracerUnderTest, tracerContract } from './tracer-contract.ts'
