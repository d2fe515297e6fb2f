/**
 * Users in a YAML file of verifiers, never of passwords: the credential source and directory of an office without a
 * directory server, and what edits the file.
 */
export {
  addUser,
  type ListedUser,
  listUsers,
  type NewUser,
  type PasswordKind,
  type PasswordResult,
  removeUser,
  setEnabled,
  setPassword,
} from './edit-users.ts'
export { type ParsedUsers, parseUsers } from './parse-users.ts'
export { openUsersFile, type UsersFile, type UsersFileOptions } from './users-file.ts'
export { UsersFileError } from './users-file-error.ts'
export type { UserContent, UsersContent } from './users-schema.ts'
export type { KnownDomains } from './verifiers.ts'
