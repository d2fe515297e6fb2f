import { nodeStoreContract } from '@parley/domain/contracts'
import { temporaryStore } from './temporary-store.ts'

nodeStoreContract(temporaryStore)
