import { ha1Of } from './digest-credentials.ts'
import { nameOf, realm } from './settings.ts'

/** What every user of the load signs in with by NTLM. */
export const ntlmPassword = 'password'
/** MD4 of it in UTF-16LE. */
const ntHash = '8846f7eaee8fb117ad06bdd830b7586c'

/** The users file of that many users, who may use Digest and NTLM. */
export function usersYaml(count: number): string {
  let text = `realm: ${realm}\nusers:\n`
  for (let index = 0; index < count; index++) {
    const name = nameOf(index)
    const verifiers = `{ digest: { ${name}: ${JSON.stringify(ha1Of(index))} }, ntlm: "${ntHash}" }`
    text += `  - { name: ${name}, enabled: true, verifiers: ${verifiers} }\n`
  }
  return text
}
