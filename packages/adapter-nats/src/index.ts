/** The status bus on NATS: core NATS only, so that nothing that it carries is ever stored. */
export { type NatsConfig, NatsConfigError, natsConfig } from './config.ts'
export { type NatsEvents, silentNatsEvents } from './nats-events.ts'
export { type NatsRole, type NatsUser, natsAuthorization, natsRoles, natsUserOf } from './permissions.ts'
export { type NatsServerInfo, natsServerInfo } from './server-info.ts'
export { StatusBusNats, type StatusBusNatsDeps } from './status-bus-nats.ts'
