import { inNetworkOf, runProgram } from './pods/docker.ts'
import type { Pod } from './pods/pod.ts'

/** Tries to connect to each place from an address of ours, and prints what became of it: connected, or the code of the error. */
const script = `
const { connect } = require('node:net')
const [from, ...places] = process.argv.slice(1)
const tries = places.map((place) => new Promise((resolve) => {
  const [host, port] = place.split(':')
  const socket = connect({ host, port: Number(port), localAddress: from, timeout: 3000 })
  const told = (how) => { socket.destroy(); resolve([place, how]) }
  socket.once('connect', () => told('connected')).once('timeout', () => told('silence')).once('error', ({ code }) => told(code))
}))
Promise.all(tries).then((all) => console.log(JSON.stringify(all)))`

/** Of `places` (address:port), those that a program in the pod's network can connect to. */
export async function reachableFromPod(pod: Pod, places: readonly string[]): Promise<Set<string>> {
  return connected(await inNetworkOf(pod.networkPid, [process.execPath, '--eval', script, pod.address, ...places]))
}

/** The same for a program of this machine, which has the address `from`. */
export async function reachableFromOutside(from: string, places: readonly string[]): Promise<Set<string>> {
  return connected(await runProgram(process.execPath, ['--eval', script, from, ...places]))
}

function connected(told: string): Set<string> {
  const tries = JSON.parse(told) as [string, string][]
  return new Set(tries.filter(([, how]) => how === 'connected').map(([place]) => place))
}
