import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterConfigInput } from '@parley/server'
import { generatedPeople, peopleLdif, type RunningSlapd, startSlapd } from '@parley/testkit'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { domain, type Settings } from '../settings.ts'

const homes = 10

/** A cluster whose users come from a slapd with generated people. Nobody has read it yet. */
export class BenchDirectory implements AsyncDisposable {
  readonly cluster: BenchCluster
  readonly slapd: RunningSlapd
  readonly #open: AsyncDisposableStack

  private constructor(parts: Pick<BenchDirectory, 'cluster' | 'slapd'>, open: AsyncDisposableStack) {
    this.cluster = parts.cluster
    this.slapd = parts.slapd
    this.#open = open
  }

  /** slapd, Redis and NATS share the processor of the load; `parley sync` has the other one. */
  static async start(settings: Settings, { name, users }: { name: string; users: number }): Promise<BenchDirectory> {
    await using open = new AsyncDisposableStack()
    const slapd = open.use(await startSlapd({ ldif: [...peopleLdif(generatedPeople({ count: users }))].join('') }))
    const passwordFile = join(settings.directory, `${name}.password`)
    const ca = join(settings.directory, `${name}.pem`)
    writeFileSync(passwordFile, slapd.service.password, { mode: 0o600 })
    writeFileSync(ca, slapd.ca)
    const directory: ClusterConfigInput['directory'] = {
      servers: [slapd.tlsUrl],
      tls: { ca },
      preset: 'openldap',
      base: `ou=people,${slapd.base}`,
      bind: { dn: slapd.service.dn, passwordFile },
      domain,
      search: { department: 'ou', office: 'physicalDeliveryOfficeName', title: 'title', company: 'o' },
    }
    const cluster = open.use(
      await BenchCluster.start(settings, {
        name,
        users: 0,
        homeOf: () => homeNamed(0),
        storesCpu: settings.loadCpu,
        configuration: { directory, sync: { homes: benchHomes() } },
      }),
    )
    return new BenchDirectory({ cluster, slapd }, open.move())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

/** The homes that users are spread over. */
export function benchHomes(): ReturnType<typeof homeNamed>[] {
  return Array.from({ length: homes }, (_, index) => homeNamed(index))
}
