import { z } from 'zod'

/** Who checks the passwords and tickets of users from a directory. */
export const credentialsSection = z.strictObject({
  ldapBind: z
    .boolean()
    .default(true)
    .describe('Check passwords (Basic, over TLS only) by signing in to the directory with them; needs "directory".'),
  ntlmAuth: z
    .strictObject({
      command: z
        .array(z.string())
        .min(1)
        .default(['ntlm_auth'])
        .describe('Samba’s helper and its options, e.g. [ntlm_auth, --configfile=/etc/samba/smb.conf].'),
      processes: z.coerce.number().int().min(1).max(64).default(4).describe('Helpers that work at one time.'),
      kerberos: z.boolean().default(true).describe('Also check Kerberos tickets; needs the keytab of HTTP/HOST.'),
    })
    .optional()
    .describe('Check NTLM and Kerberos by winbind; the machine must be a member of the Windows domain.'),
  attempts: z
    .strictObject({
      perAccount: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .describe(
          'Wrong passwords of an account that may reach the directory; made from its lockoutThreshold if absent.',
        ),
      windowMinutes: z.coerce
        .number()
        .positive()
        .optional()
        .describe('The time that they count for; made from its lockOutObservationWindow if absent.'),
    })
    .prefault({})
    .describe('The guard that stops before the directory locks the account.'),
})

export type CredentialsConfig = z.output<typeof credentialsSection>
