/** Resolves with what all resolve with; rejects with the first rejection, but not before the last of them has come to its end. */
export async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return await Promise.all(work)
}
