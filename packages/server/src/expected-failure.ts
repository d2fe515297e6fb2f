import { UsersFileError } from '@parley/adapter-file'
import { StoreFormatError, StoreInUseError } from '@parley/adapter-lmdb'
import { isExpectedError } from '@parley/client'
import { CorruptStoreError } from '@parley/domain'
import { ContactsError } from './contacts/contacts-error.ts'
import { ConfigError } from './load-config.ts'

/** Whether a failure is one that its message tells how to mend, rather than a bug of ours. */
export function isExpectedFailure(err: unknown): err is Error {
  return (
    [ConfigError, ContactsError, CorruptStoreError, StoreFormatError, StoreInUseError, UsersFileError].some(
      (kind) => err instanceof kind,
    ) || isExpectedError(err)
  )
}
