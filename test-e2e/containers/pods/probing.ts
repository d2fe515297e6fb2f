import { once } from 'node:events'
import { connect } from 'node:net'
import { docker } from './docker.ts'
import type { Probe } from './pod-manifest.ts'
import type { PodAddress } from './pod-network.ts'

/** Asks a pod once what `probe` asks, as its kubelet does from the address of the node: whether all is well. */
export async function ask(probe: Probe, { address, ports }: PodAddress, container: string): Promise<boolean> {
  const signal = AbortSignal.timeout(probe.timeoutSeconds * 1000)
  const numberOf = (port: string | number): number => {
    const number = typeof port === 'number' ? port : ports.get(port)
    if (number === undefined) throw new Error(`a probe asks at port ${port}, which the pod has not`)
    return number
  }
  try {
    if (probe.httpGet) {
      const { path, port } = probe.httpGet
      const { status } = await fetch(`http://${address}:${numberOf(port)}${path}`, { signal })
      return status >= 200 && status < 400
    }
    if (probe.tcpSocket) {
      const socket = connect(numberOf(probe.tcpSocket.port), address)
      try {
        await once(socket, 'connect', { signal })
      } finally {
        socket.destroy()
      }
      return true
    }
  } catch {
    return false
  }
  if (!probe.exec) throw new Error('a probe that asks nothing')
  return await docker('exec', container, ...probe.exec.command).then(
    () => true,
    () => false,
  )
}
