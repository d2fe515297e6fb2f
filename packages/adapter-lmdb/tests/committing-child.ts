/*
 * Commits rounds from several writers at once and prints `writer round` for each that was acknowledged.
 * Arguments: directory, first round.
 */
import { writeSync } from 'node:fs'
import { NodeStoreLmdb } from '../src/index.ts'
import { roundChanges, writerNode } from './round.ts'

const [path = '', firstRound = ''] = process.argv.slice(2)
const store = await NodeStoreLmdb.open({ path })
const epoch = await store.takeEpoch()
await Promise.all([0, 1, 2, 3].map(write))

async function write(writer: number): Promise<void> {
  const node = writerNode(writer)
  for (let round = Number(firstRound); ; round++) {
    await store.commit(node, roundChanges(node, round), epoch)
    writeSync(1, `${writer} ${round}\n`)
  }
}
