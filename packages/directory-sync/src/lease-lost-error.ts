/** Another process has the lease on being the one that writes; what this one has begun, that one finishes. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'

  constructor() {
    super('another "parley sync" has taken over')
  }
}
