/** Tools of tests: installations to test against, and their users. */
export { deployments } from './deployments.ts'
export { LogRecord } from './log-record.ts'
export { nextEvent } from './next-event.ts'
export {
  type GeneratedPeopleOptions,
  type GeneratedPerson,
  generatedNames,
  generatedPeople,
} from './people/generated-people.ts'
export { entryOfPerson } from './people/people-entries.ts'
export { type PeopleLdifOptions, peopleLdif, personDn } from './people/people-ldif.ts'
export { type Workplace, workplaces } from './people/workplaces.ts'
export { RawDevice, type RawNotify } from './raw-device.ts'
export { askRedis } from './servers/ask-redis.ts'
export { type KerberosTicket, kerberosToken } from './servers/kerberos-token.ts'
export { type LdifAttributes, ldifEntry } from './servers/ldif.ts'
export {
  type NatsClusterPlace,
  type NatsOptions,
  type RunningNats,
  startNats,
} from './servers/nats.ts'
export { type NatsClusterOptions, type RunningNatsCluster, startNatsCluster } from './servers/nats-cluster.ts'
export { OtlpReceiver, type ReceivedSpan } from './servers/otlp-receiver.ts'
export { type RedisOptions, startRedis } from './servers/redis.ts'
export { type RunningRedisCluster, startRedisCluster } from './servers/redis-cluster.ts'
export { type RunningRedisSentinel, startRedisSentinel } from './servers/redis-sentinel.ts'
export type { RunningServer } from './servers/running-server.ts'
export { type RunningSambaAd, type SambaAdOptions, startSambaAd } from './servers/samba-ad.ts'
export { SambaAdministrator, type SambaUser } from './servers/samba-ad-administrator.ts'
export { type RunningSlapd, type SlapdOptions, startSlapd } from './servers/slapd.ts'
export { type DirectoryAccount, type SlapdOverlay, type SlapdUser, userDn } from './servers/slapd-files.ts'
export {
  createTestCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from './servers/test-certificate.ts'
export { testPort } from './servers/test-port.ts'
export { type ProxyTarget, TcpProxy } from './tcp-proxy.ts'
export { homes, TestCluster, type TestClusterOptions } from './test-cluster.ts'
export { TestDomain } from './test-domain.ts'
export { type RawRequest, TestInstallation, type TestInstallationOptions } from './test-installation.ts'
export { passwordOf, type TestUser, TestUsers } from './test-users.ts'
