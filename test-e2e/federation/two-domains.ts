import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startNats, testPort } from '@parley/testkit'
import { ParleyCluster } from '../cluster/parley-cluster.ts'
import { ParleyUser } from '../parley-user.ts'
import { createWorkFolder } from '../work-folder.ts'
import { TestAuthority } from './certificates.ts'
import { NameServer, type PublishedServer } from './name-server.ts'
import { RecordingDomain } from './recording-domain.ts'

/**
 * Two complete IM domains, a.example and b.example, each with its own Redis, NATS, home and router, and a DNS server that tells them
 * where the other one is. Processes of a.example send through its router. Around them are domains that are not what they should
 * be: `c` is a bare TLS server, `slow` never answers, nobody is at `dead`, and `wrong` shows a's certificate.
 */
export class TwoDomains implements AsyncDisposable {
  readonly a: ParleyCluster
  readonly b: ParleyCluster
  readonly servers: Readonly<Record<'a' | 'b' | 'c' | 'slow' | 'dead' | 'wrong', PublishedServer>>
  /** Signs for all but c. */
  readonly authority: TestAuthority
  /** Signs for c. */
  readonly authorityOfC: TestAuthority
  readonly c: RecordingDomain
  readonly slow: RecordingDomain
  readonly #open: AsyncDisposableStack

  private constructor(parts: Omit<TwoDomains, 'signOn' | typeof Symbol.asyncDispose>, open: AsyncDisposableStack) {
    this.a = parts.a
    this.b = parts.b
    this.servers = parts.servers
    this.authority = parts.authority
    this.authorityOfC = parts.authorityOfC
    this.c = parts.c
    this.slow = parts.slow
    this.#open = open
  }

  static async start(): Promise<TwoDomains> {
    await using open = new AsyncDisposableStack()
    const folder = await createWorkFolder('federation')
    open.defer(() => rm(folder, { recursive: true }))
    const [authority, authorityOfC] = [
      new TestAuthority(folder, 'authority'),
      new TestAuthority(folder, 'authority-of-c'),
    ]
    const server = async (name: string, address: string): Promise<PublishedServer> => ({
      domain: `${name}.example`,
      address,
      port: await testPort(),
    })
    const servers = {
      a: await server('a', '127.0.0.2'),
      b: await server('b', '127.0.0.3'),
      c: await server('c', '127.0.0.4'),
      slow: await server('slow', '127.0.0.5'),
      dead: await server('dead', '127.0.0.6'),
      wrong: await server('wrong', '127.0.0.7'),
    }
    const names = open.use(await NameServer.start(Object.values(servers)))
    const c = open.use(
      await RecordingDomain.open(servers.c, authorityOfC.certificateFor('c.example'), { answers: true }),
    )
    const slow = open.use(
      await RecordingDomain.open(servers.slow, authority.certificateFor('slow.example'), { answers: false }),
    )
    open.use(await RecordingDomain.open(servers.wrong, authority.certificateFor('a.example'), { answers: true }))
    const keyFile = join(folder, 'cluster.key')
    await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 })
    const start = async (own: PublishedServer, users: readonly string[], egress: boolean): Promise<ParleyCluster> => {
      const at = `127.0.0.1:${await testPort()}`
      const tls = authority.certificateFor(own.domain)
      const others = Object.values(servers).filter(({ domain }) => domain !== own.domain)
      return await ParleyCluster.start({
        domain: own.domain,
        users,
        nats: await oneNats(),
        settings: {
          cluster: { keys: [{ id: 'k1', file: keyFile }], listen: at },
          federation: {
            domains: others.map(({ domain }) => ({
              domain,
              tls: { ca: domain === 'c.example' ? authorityOfC.file : authority.file },
              allowPrivate: true,
            })),
            listen: { at: `${own.address}:${own.port}`, tls },
            client: tls,
            dnsServers: [names.at],
            egress: egress ? [`http://${at}`] : [],
          },
        },
      })
    }
    const a = open.use(await start(servers.a, ['alice', 'carol', 'dave'], true))
    const b = open.use(await start(servers.b, ['bob'], false))
    return new TwoDomains({ a, b, servers, authority, authorityOfC, c, slow }, open.move())
  }

  /** A user of one of the two, signed on at its router. */
  async signOn(cluster: ParleyCluster, name: string): Promise<ParleyUser> {
    const port = Number(new URL(cluster.routers[0]?.url ?? '').port)
    return await ParleyUser.signOn({ port }, cluster.domain, cluster.account(name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

async function oneNats() {
  const server = await startNats()
  return { servers: [server], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
