import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { Clock } from '@parley/domain'
import type { SharedConfig } from '../config-sections.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const dayMs = 86_400_000
const soonDays = 30

/** Each certificate: readable, with its key, valid now and for a while, and for the names that clients connect to. */
export async function checkTls(
  config: Pick<SharedConfig, 'listen' | 'domains'>,
  clock: Clock,
): Promise<readonly Finding[]> {
  const findings = config.listen.map(async ({ tls, domains }, index) => {
    if (!tls) return []
    const served = config.domains.filter(({ name }) => domains?.includes(name) ?? true)
    const names = served.flatMap(({ name, aliases }) => [name, ...aliases])
    return await checkPair(tls, names, `listen[${index}].tls`, clock)
  })
  return (await Promise.all(findings)).flat()
}

/** One certificate and its key, for hosts of these `names`; `setting` is where both are named. */
export async function checkPair(
  { cert, key }: { cert: string; key: string },
  names: readonly string[],
  setting: string,
  clock: Clock,
): Promise<Finding[]> {
  const certificate = await read(cert, (pem) => new X509Certificate(pem))
  const privateKey = await read(key, createPrivateKey)
  const unreadable: Finding[] = []
  if (!(certificate instanceof X509Certificate)) {
    unreadable.push(
      fail(`${cert} is no readable certificate: ${reasonOf(certificate)}`, `mend ${setting}.cert: a PEM file`),
    )
  }
  if (privateKey instanceof Error) {
    unreadable.push(
      fail(
        `${key} is no readable key: ${reasonOf(privateKey)}`,
        `mend ${setting}.key: a PEM file without a passphrase`,
      ),
    )
  }
  if (!(certificate instanceof X509Certificate) || privateKey instanceof Error) return unreadable
  if (!certificate.checkPrivateKey(privateKey)) {
    return [fail(`${key} is not the key of ${cert}`, `let ${setting}.cert and ${setting}.key be of one pair`)]
  }
  return [checkDates(certificate, cert, clock), ...checkNames(certificate, cert, names), ...(await checkKeyMode(key))]
}

async function read<T extends KeyObject | X509Certificate>(
  path: string,
  parse: (pem: Buffer) => T,
): Promise<T | Error> {
  try {
    return parse(await readFile(path))
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown', { cause: error })
  }
}

function checkDates({ validFromDate, validToDate }: X509Certificate, cert: string, clock: Clock): Finding {
  const now = clock.now()
  const todo = 'renew it, and restart the server'
  const until = validToDate.toISOString().slice(0, 10)
  if (validFromDate.getTime() > now) return fail(`${cert} is not valid yet`, 'check the clock of this machine')
  if (validToDate.getTime() <= now) return fail(`${cert} has expired on ${until}`, todo)
  const days = Math.floor((validToDate.getTime() - now) / dayMs)
  if (days < soonDays) return warn(`${cert} expires in ${days} days, on ${until}`, todo)
  return ok(`${cert} fits its key and is valid until ${until}`)
}

function checkNames(certificate: X509Certificate, cert: string, names: readonly string[]): Finding[] {
  const missing = names.filter((name) => certificate.checkHost(name) === undefined)
  if (names.length === 0) return []
  if (missing.length === 0) return [ok(`${cert} covers ${names.join(', ')}`)]
  return [
    fail(`${cert} does not cover ${missing.join(', ')}`, 'get a certificate with these as subject alternative names'),
  ]
}

async function checkKeyMode(key: string): Promise<Finding[]> {
  const { mode } = await stat(key)
  return (mode & 0o007) === 0 ? [] : [warn(`${key} is open to every user of this machine`, `chmod 600 ${key}`)]
}
