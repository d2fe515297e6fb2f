import { contractAccounts, contractDomains, credentialSourceContract } from './contracts/credential-source-contract.ts'
import { CredentialSourceMemory } from './credential-source-memory.ts'

const ntHash = 'a4f49c406510bdcab6824ee7c30fd852'

credentialSourceContract(async () => {
  const accounts = contractAccounts.map((account) => ({ ...account, ntHash }))
  const credentials = new CredentialSourceMemory(contractDomains.domain, 'parley', accounts)
  return { credentials, [Symbol.asyncDispose]: async () => undefined }
})
