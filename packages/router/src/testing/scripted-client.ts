import type { HomeLease } from '@parley/domain'
import {
  type ClusterClient,
  type HttpRequest,
  type HttpResponse,
  NodeUnreachableError,
  NotHeldError,
  type RvpRequest,
  type RvpResponse,
} from '@parley/http'

/** What a process does with a request; the default answers 200 and the process's name. */
type Process = (request: RvpRequest) => RvpResponse | Promise<RvpResponse>

export const notHeld: Process = () => {
  throw new NotHeldError()
}
export const neverSent: Process = () => {
  throw new NodeUnreachableError('nobody listens', { mayHaveArrived: false })
}
export const perhapsSent: Process = () => {
  throw new NodeUnreachableError('the connection ended', { mayHaveArrived: true })
}

/** A client of processes that do as a test says. */
export class ScriptedClient implements Pick<ClusterClient, 'forward' | 'stream'> {
  /** Who was asked for what, in order: `holder method requestId`. */
  readonly sent: string[] = []
  readonly #processes = new Map<string, Process>()

  on(holder: string, process: Process): void {
    this.#processes.set(holder, process)
  }

  async forward({ holder }: HomeLease, request: RvpRequest): Promise<RvpResponse> {
    this.sent.push(`${holder.id} ${request.method} ${request.requestId}`)
    const process = this.#processes.get(holder.id)
    return process ? await process(request) : { status: 200, headers: [['X-Holder', holder.id]] }
  }

  async stream({ holder }: HomeLease, request: HttpRequest): Promise<HttpResponse> {
    this.sent.push(`${holder.id} ${request.method} ${request.target}`)
    const process = this.#processes.get(holder.id)
    const answer = process && (await process(request as unknown as RvpRequest))
    return { status: answer?.status ?? 200, headers: [['X-Holder', holder.id]] }
  }
}
