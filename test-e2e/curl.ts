import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** One request as curl made it. */
export interface CurlTransfer {
  /** Every response that curl got for it, its challenges before the final one. */
  readonly responses: readonly CurlResponse[]
  readonly status: number
  readonly body: string
  /** How many connections curl had to open for it. */
  readonly connects: number
}

/** The head of a response. */
export interface CurlResponse {
  readonly status: number
  /** As they came, spelled as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const endMark = '\n--end of transfer, connects: '
const options = ['--silent', '--show-error', '--include', '--max-time', '20', '--noproxy', '*']

/** Runs curl, an HTTP client that knows nothing of us; resolves with what each of the URLs in `words` answered. `env` is added to its environment. */
export async function curl(
  words: readonly string[],
  body = '',
  env: Readonly<Record<string, string>> = {},
): Promise<CurlTransfer[]> {
  const child = spawn('curl', ['--disable', ...options, '--write-out', `${endMark}%{num_connects}\n`, ...words], {
    env: { ...process.env, ...env },
  })
  child.stdin.on('error', () => undefined) // curl need not read a body that the server refuses
  child.stdin.end(body)
  const [output, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complaint}${output}`)
  const transfers = output.split(endMark)
  return transfers.slice(0, -1).map((transfer, index) => {
    const connects = Number(/^[0-9]+/.exec(transfers[index + 1] ?? '')?.[0])
    return readTransfer(index === 0 ? transfer : transfer.replace(/^[0-9]+\n/, ''), connects)
  })
}

function readTransfer(output: string, connects: number): CurlTransfer {
  const responses: CurlResponse[] = []
  let rest = output
  while (/^HTTP\/1\.[01] /.test(rest)) {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
    responses.push({ status: Number(statusLine.split(' ')[1]), headers })
    rest = rest.slice(end + 4)
  }
  return { responses, status: responses.at(-1)?.status ?? 0, body: rest, connects }
}

/** The value of a header of the final response, by its exact spelling. */
export function finalHeader({ responses }: CurlTransfer, name: string): string | undefined {
  return responses.at(-1)?.headers.find(([one]) => one === name)?.[1]
}
