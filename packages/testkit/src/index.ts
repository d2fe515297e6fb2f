/** Tools of tests: a domain to test against, and its users. */
export { LogRecord } from './log-record.ts'
export { nextEvent } from './next-event.ts'
export { RawDevice, type RawNotify } from './raw-device.ts'
export { type RawRequest, TestDomain, type TestDomainOptions } from './test-domain.ts'
export { passwordOf, type TestUser, TestUsers } from './test-users.ts'
