import { type ChildProcess, spawn } from 'node:child_process'
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  PullPolicy,
  type WaitStrategy,
} from 'testcontainers'
import type { Runner, ServerSetup } from './runner.ts'

const keptLines = 40
/** Where the images' user may write. */
const workingFolder = '/data'

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>

/** What is missing for containers of `image`: an engine, or the image; undefined if nothing is. */
export async function findLack(image: string): Promise<string | undefined> {
  const client = await getContainerRuntimeClient().catch(() => undefined)
  if (client === undefined) return 'no Docker engine answers'
  // On another machine, or outside of the container that we are in ourselves, it has another loopback than we.
  if (client.info.containerRuntime.host !== 'localhost') return 'the Docker engine that answers is not on this machine'
  if (!(await client.image.exists(ImageName.fromString(image)))) return `the Docker engine has no image ${image}`
  return undefined
}

/** Runs a server in a container, which works in its image's folder and keeps its data. */
export class ContainerRunner implements Runner {
  readonly from = 'docker'
  readonly #setup: ServerSetup
  readonly #image: string
  #container: Container | undefined
  #warden: ChildProcess | undefined

  constructor(setup: ServerSetup, image: string) {
    this.#setup = setup
    this.#image = image
  }

  async start(): Promise<void> {
    if (this.#container !== undefined) {
      await this.#container.start()
      return
    }
    const { container: containers } = await getContainerRuntimeClient()
    const server = new ServerContainer(this.#setup, this.#image, (id) => {
      this.#container = containers.getById(id)
      this.#warden = removeAfterUs(id)
    })
    try {
      await server.start()
    } catch (error) {
      throw new Error(`${this.#setup.product} did not start in its container:\n${await this.#logTail()}`, {
        cause: error,
      })
    }
  }

  async obituary(): Promise<string | undefined> {
    return (await this.#state())?.Running ? undefined : await this.#logTail()
  }

  async kill(): Promise<void> {
    if ((await this.#state())?.Running) await this.#container?.kill({ signal: 'SIGKILL' })
  }

  async pause(): Promise<void> {
    const state = await this.#state()
    if (state?.Running && !state.Paused) await this.#container?.pause()
  }

  async resume(): Promise<void> {
    if ((await this.#state())?.Paused) await this.#container?.unpause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container?.remove({ force: true, v: true })
    this.#warden?.kill('SIGKILL')
  }

  async #state(): Promise<{ readonly Running: boolean; readonly Paused: boolean } | undefined> {
    return (await this.#container?.inspect())?.State
  }

  async #logTail(): Promise<string> {
    const log = await this.#container?.logs({ stdout: true, stderr: true, tail: keptLines })
    // Docker puts eight bytes before each piece: which stream it is of, and its length.
    return log?.toString('utf8').replace(/[\0-\x02]\0{3}[\s\S]{4}/g, '') ?? ''
  }
}

/** A container as `setup` needs it; `onCreated` hears of it before it starts. */
class ServerContainer extends GenericContainer {
  readonly #onCreated: (id: string) => void

  constructor(setup: ServerSetup, image: string, onCreated: (id: string) => void) {
    super(image)
    this.#onCreated = onCreated
    const { product, programArguments, files } = setup
    this.withLabels({ 'parley.test': product })
      .withCommand([...programArguments])
      .withWorkingDir(workingFolder)
      .withCopyContentToContainer(filesToCopy(files))
      // NOTE: the machine's own network: servers that meet each other, such as those of a Redis Cluster, can tell each other
      // and their clients only one address of theirs, and it must lead to them from everywhere. Its loopback does.
      .withNetworkMode('host')
      .withPullPolicy(PullPolicy.neverPull())
      // Ryuk, which cleans up behind Testcontainers, is an image to be pulled; see `removeAfterUs`.
      .withAutoCleanup(false)
      .withWaitStrategy(noWait)
  }

  protected override async containerCreated(id: string): Promise<void> {
    this.#onCreated(id)
  }
}

/** Readiness is asked for in the same way wherever a server runs (launch.ts). */
const noWait: WaitStrategy = {
  waitUntilReady: async () => undefined,
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
}

function filesToCopy(files: Readonly<Record<string, string>>): { content: string; target: string; mode: number }[] {
  // A server that is not root there must read them, and a sentinel writes its own.
  return Object.entries(files).map(([name, content]) => ({ content, target: `${workingFolder}/${name}`, mode: 0o666 }))
}

/**
 * Starts a process that removes a container once we are gone, however that happens: its input ends with us.
 *
 * NOTE: in a session of its own, so that Ctrl-C does not end it before it has done its work.
 */
function removeAfterUs(id: string): ChildProcess {
  const script = 'read -r _; exec docker rm --force --volumes "$0"'
  const warden = spawn('sh', ['-c', script, id], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  warden.unref()
  return warden
}
