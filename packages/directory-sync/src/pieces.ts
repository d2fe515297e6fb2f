const atOnce = 500

/** All of them, some at a time. */
export function* piecesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += atOnce) yield all.slice(at, at + atOnce)
}

/** Those that are wanted, some at a time. */
export async function* inPieces<T>(all: AsyncIterable<T>, isWanted: (one: T) => boolean): AsyncGenerator<readonly T[]> {
  let piece: T[] = []
  for await (const one of all) {
    if (isWanted(one)) piece.push(one)
    if (piece.length < atOnce) continue
    yield piece
    piece = []
  }
  yield piece
}
