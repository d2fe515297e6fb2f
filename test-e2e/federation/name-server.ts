import { Resolver } from 'node:dns/promises'
import { userInfo } from 'node:os'
import { testPort } from '@parley/testkit'
import { eventually } from '../cluster/eventually.ts'
import { RunningCommand } from '../running-command.ts'

/** Where an IM domain's server is, as the DNS tells it. */
export interface PublishedServer {
  readonly domain: string
  readonly address: string
  readonly port: number
}

/** A DNS server (dnsmasq) on loopback that knows some IM domains by SRV and A records, and nothing else. */
export class NameServer implements AsyncDisposable {
  /** ADDRESS:PORT. */
  readonly at: string
  readonly #command: RunningCommand

  private constructor(at: string, command: RunningCommand) {
    this.at = at
    this.#command = command
  }

  static async start(servers: readonly PublishedServer[]): Promise<NameServer> {
    const port = await testPort()
    const records = servers.flatMap(({ domain, address, port }) => [
      `--srv-host=_rvp._tcp.${domain},im.${domain},${port},0,0`,
      `--host-record=im.${domain},${address}`,
    ])
    const own = [
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--local=/example/',
      '--local-ttl=60',
    ]
    const place = [
      '--keep-in-foreground',
      `--user=${userInfo().username}`,
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
    ]
    const command = new RunningCommand(['dnsmasq', ...own, ...place, `--port=${port}`, ...records])
    const at = `127.0.0.1:${port}`
    const resolver = new Resolver({ timeout: 500, tries: 1 })
    resolver.setServers([at])
    const [first] = servers
    await eventually('the DNS server answers', 10_000, async () => {
      const [record] = await resolver.resolveSrv(`_rvp._tcp.${first?.domain}`)
      return record?.port === first?.port
    })
    return new NameServer(at, command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command[Symbol.asyncDispose]()
  }
}
