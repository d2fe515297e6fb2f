import { lazily } from './command-body.ts'

/** The commands of `parley`, in the order in which `--help` lists them. */
export const commands = [
  lazily(
    'serve',
    'Serve one office from one process, with an embedded store',
    async () => (await import('./commands/serve.ts')).serveCommand,
  ),
  lazily(
    'router',
    'Take requests and hand them to the home servers of a cluster',
    async () => (await import('./commands/router.ts')).routerCommand,
  ),
  lazily(
    'home',
    'Hold homes of a cluster: their users’ subscriptions, states and messages',
    async () => (await import('./commands/home.ts')).homeCommand,
  ),
  lazily(
    'sync',
    'Bring the users of the directory, or of the users file, into the directory map of a cluster',
    async () => (await import('./commands/sync.ts')).syncCommand,
  ),
  lazily(
    'status',
    'Show the homes of a cluster, who holds them, how its directory is, and what is degraded',
    async () => (await import('./commands/status.ts')).statusCommand,
  ),
  lazily(
    'migrate',
    'Bring what Redis holds to the format that this version needs, before its first process starts',
    async () => (await import('./commands/migrate.ts')).migrateCommand,
  ),
  lazily(
    'self-test',
    'Sign two users in, have them see each other and exchange messages, and sign them off',
    async () => (await import('./commands/self-test.ts')).selfTestCommand,
  ),
  lazily(
    'nats-users',
    'Print the users that NATS needs for a cluster, with no more rights than homes use',
    async () => (await import('./commands/nats-users.ts')).natsUsersCommand,
  ),
  lazily(
    'user <command>',
    'Add, change and list the accounts of a users file; list, find, switch and move users of a cluster',
    async () => (await import('./commands/user.ts')).userCommand,
  ),
  lazily(
    'chat <address>',
    'Sign on and chat in the terminal, or from a script',
    async () => (await import('./commands/chat.ts')).chatCommand,
  ),
  lazily(
    'contacts <command>',
    'Find people, and import and export contact lists, also from Exchange IM',
    async () => (await import('./commands/contacts.ts')).contactsCommand,
  ),
  lazily(
    'doctor',
    'Check a configuration against this machine and DNS, and say what to mend',
    async () => (await import('./commands/doctor.ts')).doctorCommand,
  ),
  lazily(
    'support-bundle',
    'Collect what a developer needs to help you, without secrets and names, into one file',
    async () => (await import('./commands/support-bundle.ts')).supportBundleCommand,
  ),
  lazily(
    'dns <command>',
    'Print the DNS records that clients need',
    async () => (await import('./commands/dns.ts')).dnsCommand,
  ),
  lazily(
    'pac',
    'Print a proxy auto-configuration that keeps IM traffic off the web proxy',
    async () => (await import('./commands/pac.ts')).pacCommand,
  ),
]
