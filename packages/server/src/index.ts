/** What tests need of the server: its configuration and its compose file. The command itself is `main.ts`. */
export { composeServe, type ServeDeps, type ServeNode } from './compose-serve.ts'
export { type ServeConfig, type ServeConfigInput, serveConfig } from './config.ts'
export { createLogger } from './logger.ts'
