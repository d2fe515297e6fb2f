/** What tests need of the server: its configuration and its compose files. The command itself is `main.ts`. */
export { type ClusterConfig, type ClusterConfigInput, clusterConfig } from './cluster-config.ts'
export { composeHome, type HomeNode, type HomeNodeDeps } from './compose-home.ts'
export { composeRouter, type RouterDeps, type RouterNode } from './compose-router.ts'
export { composeServe, type ServeDeps, type ServeNode } from './compose-serve.ts'
export { type ServeConfig, type ServeConfigInput, serveConfig } from './config.ts'
export { loadClusterConfig } from './load-cluster-config.ts'
export { createLogger } from './logger.ts'
export type { SharedParts } from './shared-parts.ts'
