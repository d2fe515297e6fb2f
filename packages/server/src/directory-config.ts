import { z } from 'zod'

const attributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9;.-]{0,127}$/, 'must be the name of an LDAP attribute')

const ldapUrl = z.string().regex(/^ldaps?:\/\/[^/\s]+$/, 'must be ldaps://HOST or ldap://HOST, with :PORT if need be')

/** Where the users of a cluster come from, and how their entries are read (docs/directory.md). */
export const directorySection = z.strictObject({
  servers: z.array(ldapUrl).min(1).describe('ldaps://HOST[:PORT] of the servers, the one to prefer first.'),
  startTls: z.boolean().default(true).describe('For ldap:// URLs: encrypt by StartTLS before anything is sent.'),
  insecureClearText: z
    .boolean()
    .default(false)
    .describe('Allow ldap:// without StartTLS; passwords and people cross the network readable.'),
  tls: z
    .strictObject({
      ca: z.string().optional().describe('PEM file with the authorities that are trusted; the system’s when absent.'),
      cert: z.string().optional().describe('PEM file with our certificate, where the directory asks for one.'),
      key: z.string().optional().describe('PEM file with its key.'),
    })
    .optional()
    .describe('Certificates.'),
  bind: z
    .strictObject({
      dn: z.string().describe('Who Parley signs in as: a distinguished name, or NAME@DOMAIN for Active Directory.'),
      passwordFile: z.string().describe('File with the password.'),
    })
    .optional()
    .describe('The account that reads the directory; anonymous when absent.'),
  preset: z
    .enum(['active-directory', 'exchange-2000', 'openldap', 'freeipa'])
    .describe('Names of attributes and classes, and how changes are followed; whatever is set below wins.'),
  base: z.string().min(1).describe('Where the users are, e.g. DC=example,DC=com.'),
  filter: z
    .string()
    .optional()
    .describe('Who may use IM, e.g. (memberOf=CN=IM users,DC=example,DC=com); all users of the base when absent.'),
  domain: z.string().optional().describe('IM domain of the users; the first of "domains" when absent.'),
  attributes: z
    .strictObject({
      alias: attributeName.optional(),
      displayName: attributeName.optional(),
      mail: attributeName.optional(),
      imAddress: attributeName.optional(),
      userPrincipalName: attributeName.optional(),
      account: attributeName.optional(),
      otherMail: attributeName.optional(),
      home: attributeName.optional(),
      site: attributeName.optional(),
    })
    .prefault({})
    .describe('LDAP attributes that differ from the preset’s.'),
  search: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/), attributeName)
    .optional()
    .describe(
      'What people can be found by besides their names, and the LDAP attribute it is in, e.g. department: department.',
    ),
  groups: z
    .strictObject({
      base: z.string().optional().describe('Where the groups are; the base of the users when absent.'),
      filter: z.string().describe('Which groups become group nodes, e.g. (cn=IM-*).'),
      path: z
        .string()
        .regex(/^\/.*\/$/, 'must start and end with a slash')
        .default('/groups/')
        .describe('Path of the group nodes; the alias of the group follows.'),
    })
    .optional()
    .describe('Directory groups that become group nodes; none when absent.'),
  ntDomain: z
    .string()
    .optional()
    .describe(
      'NetBIOS name that users put before their account (EXAMPLE\\alice); read from Active Directory if absent.',
    ),
  changes: z
    .enum(['auto', 'dirsync', 'usn', 'syncrepl', 'timestamps', 'none'])
    .default('auto')
    .describe('How changes are followed; "none" reads everything each time.'),
  pollSeconds: z.coerce.number().min(0.2).max(86_400).default(1).describe('How often changes are asked for.'),
  fullReadHours: z.coerce
    .number()
    .positive()
    .default(24)
    .describe('How often everything is read again where deletions cannot be followed, and to be sure.'),
  pageSize: z.coerce.number().int().min(1).max(10_000).default(500).describe('Entries that are asked for at once.'),
  timeoutSeconds: z.coerce.number().positive().default(30).describe('How long one answer may take.'),
})

export type DirectoryConfig = z.output<typeof directorySection>
