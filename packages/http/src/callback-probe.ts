import { connect } from 'node:net'
import { connectFailure } from './callback-connection.ts'
import type { CallbackNetwork } from './callback-network.ts'

export type ProbeResult = 'open' | ReturnType<typeof connectFailure>

/** Connects to a device's port and closes without a word. The caller holds a slot for it, which is given back. */
export function probeCallback(
  network: CallbackNetwork,
  target: { address: string; port: number },
): { readonly result: Promise<ProbeResult>; cancel(): void } {
  const socket = connect({ host: target.address, port: target.port })
  network.probes.add(socket)
  const result = new Promise<ProbeResult>((resolve) => {
    let found: ProbeResult = 'unconnected'
    socket.on('connect', () => {
      found = 'open'
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      found = connectFailure(error.code ?? 'unknown')
    })
    socket.on('close', () => {
      network.probes.remove(socket)
      network.slots.release()
      resolve(found)
    })
  })
  return { result, cancel: () => socket.destroy() }
}
