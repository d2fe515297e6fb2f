import { connect } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Puts one command to a Redis server on loopback; gives its answer as it stands on the wire (RESP). */
export async function askRedis(
  port: number,
  command: readonly string[],
  {
    password,
    signal = AbortSignal.timeout(5_000),
  }: { readonly password?: string | undefined; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const commands = [...(password === undefined ? [] : [['AUTH', password]]), command]
  const socket = addAbortSignal(signal, connect(port, '127.0.0.1'))
  // NOTE: at the end of what it reads, the server closes the connection after its answers, so no parser has to find their
  // end. (QUIT would do the same, but a sentinel does not know it.)
  socket.end(commands.map(encode).join(''))
  const answers = await text(socket)
  return answers.slice(password === undefined ? 0 : answers.indexOf('\r\n') + 2)
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
