import { connect } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { LaunchedServer } from './launch.ts'
import type { RunningServer } from './running-server.ts'
import { testPort } from './test-port.ts'

/** A NATS server, which also tells of itself over HTTP. */
export interface RunningNats extends RunningServer {
  /** Where it answers `/varz`, `/connz`, `/subsz` and `/routez`. */
  readonly monitorUrl: string
}

/** A server's place in a cluster. */
export interface NatsClusterPlace {
  readonly name: string
  readonly port: number
  /** The cluster ports of the others; also those of proxies in front of them. */
  readonly routes: readonly number[]
}

export interface NatsOptions {
  /** Further text of its configuration, e.g. `authorization {…}` or `leafnodes {…}`. */
  readonly config?: string
  readonly cluster?: NatsClusterPlace
  /** Further files by name, e.g. certificates, for the configuration to name. */
  readonly files?: Readonly<Record<string, string>>
}

/** Starts one NATS server on loopback. */
export async function startNats({ config = '', cluster, files = {} }: NatsOptions = {}): Promise<RunningNats> {
  const port = await testPort()
  const monitorPort = await testPort()
  const configuration = [
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    ...(cluster === undefined ? [] : [clusterBlock(cluster)]),
    config,
  ]
  const server = await LaunchedServer.launch(
    {
      product: 'nats',
      program: 'nats-server',
      programArguments: ['--config', 'nats.conf'],
      files: { ...files, 'nats.conf': configuration.join('\n') },
    },
    port,
    (signal) => greetedVersion(port, signal),
  )
  return Object.assign(server, { monitorUrl: `http://${server.host}:${monitorPort}` })
}

function clusterBlock({ name, port, routes }: NatsClusterPlace): string {
  const others = routes.map((route) => `"nats://127.0.0.1:${route}"`)
  return `cluster { name: "${name}", listen: "127.0.0.1:${port}", routes: [${others.join(', ')}] }`
}

/** The version that a NATS server names in its greeting, INFO. It sends that before TLS and authentication. */
async function greetedVersion(port: number, signal: AbortSignal): Promise<string | undefined> {
  const socket = addAbortSignal(signal, connect(port, '127.0.0.1'))
  for await (const greeting of socket) return /^INFO \{.*"version":"([^"]+)"/.exec(String(greeting))?.[1]
  return undefined
}
