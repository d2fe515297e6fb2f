import { inNetworkOf } from './pods/docker.ts'
import type { Pod } from './pods/pod.ts'

/** Tries to connect to each place, and prints what became of it: connected, or the code of the error. */
const script = `
const { connect } = require('node:net')
const tries = process.argv.slice(1).map((place) => new Promise((resolve) => {
  const [host, port] = place.split(':')
  const socket = connect({ host, port: Number(port), timeout: 3000 })
  const told = (how) => { socket.destroy(); resolve([place, how]) }
  socket.once('connect', () => told('connected')).once('timeout', () => told('silence')).once('error', ({ code }) => told(code))
}))
Promise.all(tries).then((all) => console.log(JSON.stringify(all)))`

/** Of `places` (address:port), those that a program in the pod's network can connect to. */
export async function reachableFrom(pod: Pod, places: readonly string[]): Promise<Set<string>> {
  const told = await inNetworkOf(pod.networkPid, [process.execPath, '--eval', script, ...places])
  const tries = JSON.parse(told) as [string, string][]
  return new Set(tries.filter(([, how]) => how === 'connected').map(([place]) => place))
}
