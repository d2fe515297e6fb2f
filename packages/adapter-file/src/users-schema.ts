import { accountNameOf } from '@parley/domain'
import { isAuthority } from '@parley/protocol'
import { z } from 'zod'
import { isPasswordHash } from './password-hash.ts'

const md5Hex = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits in lower case')

/** What a user may be called: a path segment, a part of a mail address and a Digest user name alike. */
export const userName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._~!$'+-]{0,63}$/,
    "must start with a letter or digit, and have at most 64 of A-Z a-z 0-9 . _ ~ ! $ ' + -",
  )

/** An IM domain: a host name, in lower case, with a port when that is not 80. */
export const imDomain = z
  .string()
  .refine((text) => isAuthority(text) && text === text.toLowerCase(), 'must be a host name in lower case')

/** A Windows domain. */
export const ntDomain = z.string().regex(/^[^\s"\\/:@]{1,64}$/, 'must be a Windows domain without \\ / : @ or spaces')

const displayName = z.string().regex(/^[^\p{Cc}]{1,256}$/u, 'must be 1 to 256 characters, no control characters')

const user = z
  .strictObject({
    name: userName.describe('Alias: the last part of the logical URL (RVP §4.1.2).'),
    enabled: z.boolean().default(false).describe('Whether the user may use IM.'),
    displayName: displayName.optional().describe('What others see.'),
    mail: z.email('must be a mail address').optional().describe('Mail address.'),
    verifiers: z
      .strictObject({
        digest: z.record(z.string(), md5Hex).default({}).describe('HA1 by spelling of the name, for Digest.'),
        ntlm: md5Hex.optional().describe('NT hash, for NTLM.'),
        password: z
          .string()
          .refine(isPasswordHash, 'must be of the form $scrypt$ln=…,r=…,p=…$salt$hash')
          .optional()
          .describe('scrypt of the account password, for Basic over TLS.'),
      })
      .default({ digest: {} }),
  })
  .superRefine(({ name, verifiers }, context) => {
    for (const spelling of Object.keys(verifiers.digest)) {
      if (accountNameOf(spelling) === name.toLowerCase()) continue
      context.addIssue({
        code: 'custom',
        path: ['verifiers', 'digest', spelling],
        message: `is no spelling of ${name}`,
      })
    }
  })

/** The whole users file. */
export const usersContent = z.strictObject({
  realm: z
    .string()
    .regex(/^[^"\\,:\p{Cc}]{0,128}$/u, 'must not contain quotes, backslashes, commas or colons')
    .default('parley')
    .describe('Digest realm; a change makes all digest verifiers worthless.'),
  domains: z.array(imDomain).default([]).describe('IM domains that clients may add to a name, as in user@domain.'),
  ntDomains: z.array(ntDomain).default([]).describe('Windows domains, as in DOMAIN\\user.'),
  users: z
    .array(user)
    .default([])
    .superRefine((users, context) => {
      const seen = new Set<string>()
      users.forEach(({ name }, at) => {
        if (seen.has(name.toLowerCase())) {
          context.addIssue({
            code: 'custom',
            path: [at, 'name'],
            message: 'is there twice (upper and lower case are one)',
          })
        }
        seen.add(name.toLowerCase())
      })
    }),
})

export type UsersContent = z.output<typeof usersContent>
export type UserContent = UsersContent['users'][number]
