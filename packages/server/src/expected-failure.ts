import { UsersFileError } from '@parley/adapter-file'
import { LdapSetupError } from '@parley/adapter-ldap'
import { StoreFormatError, StoreInUseError } from '@parley/adapter-lmdb'
import { NatsConfigError } from '@parley/adapter-nats'
import { RedisSetupError } from '@parley/adapter-redis'
import { isExpectedError } from '@parley/client'
import { LeaseLostError, NoHomeError, SyncRefusedError } from '@parley/directory-sync'
import { CorruptStoreError } from '@parley/domain'
import { RvpError } from '@parley/protocol'
import { ContactsError } from './contacts/contacts-error.ts'
import { ConfigError } from './load-config.ts'

const expected = [
  ConfigError,
  ContactsError,
  CorruptStoreError,
  LdapSetupError,
  LeaseLostError,
  NatsConfigError,
  NoHomeError,
  RedisSetupError,
  RvpError,
  StoreFormatError,
  StoreInUseError,
  SyncRefusedError,
  UsersFileError,
]

/** Whether a failure is one that its message tells how to mend, rather than a bug of ours. */
export function isExpectedFailure(err: unknown): err is Error {
  return expected.some((kind) => err instanceof kind) || isExpectedError(err)
}
