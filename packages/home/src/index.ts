/** The home server: one file for each RVP method (`methods/`), and the table that shows them all (`home.ts`). */
export { CreatePolicy, type CreateRule } from './create-policy.ts'
export { Home } from './home.ts'
export type { HomeCluster } from './home-cluster.ts'
export type { HomeDeps } from './home-deps.ts'
export {
  type HomeDirectory,
  type HomeDirectoryOptions,
  type LocationListener,
  openHomeDirectory,
} from './home-directory.ts'
export { type HeldHomeStatus, HomeKeeper, type HomeKeeperOptions, handOverMs } from './home-keeper.ts'
export { type HomeKeeperEvents, silentHomeKeeperEvents } from './home-keeper-events.ts'
export { InFlight } from './in-flight.ts'
export type { KeepableHome } from './kept-home.ts'
export { type HomeCounts, type OpenHome, type OpenHomeOptions, openHome } from './open-home.ts'
export { RemoteSide } from './remote-side.ts'
