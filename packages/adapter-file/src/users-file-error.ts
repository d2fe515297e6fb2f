/** The users file cannot be used, or not be changed as asked; the message says where and what to do, and holds no secret. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError'
}
