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

/** A DNS server (dnsmasq) on loopback that knows some IM domains by what it is told, and nothing else. */
export class NameServer implements AsyncDisposable {
  /** ADDRESS:PORT. */
  readonly at: string
  readonly #command: RunningCommand

  private constructor(at: string, command: RunningCommand) {
    this.at = at
    this.#command = command
  }

  /** Publishes each server by a SRV and an A record. */
  static async start(servers: readonly PublishedServer[]): Promise<NameServer> {
    const records = servers.flatMap(({ domain, address, port }) => [
      `srv-host=_rvp._tcp.${domain},im.${domain},${port},0,0`,
      `host-record=im.${domain},${address}`,
    ])
    return await NameServer.startWith(records, servers[0]?.domain ?? '')
  }

  /** Publishes lines of dnsmasq's configuration; resolves once the SRV record of `domain` is there. */
  static async startWith(lines: readonly string[], domain: string): Promise<NameServer> {
    const port = await testPort()
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
    const command = new RunningCommand([
      'dnsmasq',
      ...own,
      ...place,
      `--port=${port}`,
      ...lines.map((line) => `--${line}`),
    ])
    const at = `127.0.0.1:${port}`
    const resolver = new Resolver({ timeout: 500, tries: 1 })
    resolver.setServers([at])
    await eventually('the DNS server answers', 10_000, async () => {
      return (await resolver.resolveSrv(`_rvp._tcp.${domain}`)).length > 0
    })
    return new NameServer(at, command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command[Symbol.asyncDispose]()
  }
}
