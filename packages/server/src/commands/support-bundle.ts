import { writeFile } from 'node:fs/promises'
import { systemClock } from '@parley/domain'
import { clusterConfig } from '../cluster-config.ts'
import type { CommandBody } from '../command-body.ts'
import { serveConfig } from '../config.ts'
import { isClusterFile } from '../doctor/check-config.ts'
import { diagnoseFile } from '../doctor/diagnose-file.ts'
import { openDnsLookup } from '../doctor/dns-lookup.ts'
import { loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError, readConfigFile } from '../load-config.ts'
import { makeBundle } from '../support-bundle/bundle.ts'
import { clusterBundleParts } from '../support-bundle/cluster-bundle-parts.ts'
import { redactConfig } from '../support-bundle/config-file.ts'
import { redactFindings } from '../support-bundle/doctor-findings.ts'
import { secretsOf } from '../support-bundle/known-secrets.ts'
import { type BundlePart, jsonFile } from '../support-bundle/part.ts'
import { logInputPart, logPart, metricsPart } from '../support-bundle/process-parts.ts'
import { Pseudonyms } from '../support-bundle/pseudonyms.ts'
import { Redaction } from '../support-bundle/redaction.ts'
import { systemFacts } from '../support-bundle/system-facts.ts'
import { namesInUsersFile } from '../support-bundle/users-file-names.ts'

interface SupportBundleArguments {
  readonly config: string | undefined
  readonly admin: readonly string[] | undefined
  readonly log: readonly string[] | undefined
  readonly 'log-input': boolean
  readonly output: string | undefined
  readonly stdout: boolean
  readonly names: boolean
}

/** `parley support-bundle`: what a developer needs to understand an installation, without what they must not see. */
export const supportBundleCommand: CommandBody<SupportBundleArguments> = {
  builder: (yargs) =>
    yargs
      .option('config', { type: 'string', normalize: true, describe: 'YAML file with the configuration' })
      .option('admin', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'http://HOST:PORT of a process’s "admin"; may be repeated',
      })
      .option('log', { type: 'string', array: true, nargs: 1, describe: 'Log file; may be repeated' })
      .option('log-input', { type: 'boolean', default: false, describe: 'Read a log from standard input, too' })
      .option('output', { type: 'string', describe: 'File to write [default: named after the time]' })
      .option('stdout', { type: 'boolean', default: false, describe: 'Write to standard output instead' })
      .option('names', { type: 'boolean', default: false, describe: 'Keep names of people and addresses of clients' })
      .example('$0 support-bundle --config /etc/parley/cluster.yaml --admin http://10.1.0.21:9464 --log home.log', '')
      .epilog(
        'It never holds messages, passwords, verifiers, keys or tokens; names of people are replaced. manifest.json in it says what is there and what was left out. Look through it before you send it.',
      ),
  handler: async ({ config, admin = [], log = [], logInput, output, stdout, names }) => {
    if (config === undefined) throw new ConfigError('name the configuration: --config FILE')
    const file = readable(config)
    const pseudonyms = names ? undefined : new Pseudonyms()
    if (pseudonyms) for (const name of namesInUsersFile(file.users)) pseudonyms.add(name)
    const redaction = new Redaction(secretsOf(file), pseudonyms)
    const parts = [
      ...partsOf(config, file, redaction, pseudonyms),
      ...admin.map((url, at) => metricsPart(url, at + 1)),
      ...log.map((path, at) => logPart(path, at + 1, redaction)),
      ...(logInput ? [logInputPart(redaction)] : []),
    ]
    const tell = (line: string): void => void process.stderr.write(`${line}\n`)
    const now = systemClock.now()
    const { archive, names: files, failed } = await makeBundle(parts, { redaction, now, tell })
    const target = output ?? `${files[0]?.split('/')[0]}.tar.gz`
    if (stdout) process.stdout.write(archive)
    else await write(target, archive)
    tell(
      `${stdout ? 'Wrote' : `${target}:`} ${files.length} files, ${archive.length} bytes; ${failed.length} parts are missing.`,
    )
    tell(
      'Before you send it: look at manifest.json, config.json and the logs in it (tar -xzf). Nothing there should be anybody’s secret.',
    )
  },
}

function partsOf(
  config: string,
  file: Record<string, unknown>,
  redaction: Redaction,
  pseudonyms: Pseudonyms | undefined,
): readonly BundlePart[] {
  const isCluster = isClusterFile(config)
  const schema: unknown = (isCluster ? clusterConfig : serveConfig).toJSONSchema({ io: 'input' })
  return [
    { what: 'versions and limits', collect: async () => [jsonFile('system.json', systemFacts())] },
    ...(isCluster ? deferred(config, redaction, pseudonyms) : []),
    {
      what: 'the configuration',
      collect: async () => [jsonFile('config.json', redactConfig(file, schema, redaction))],
    },
    {
      what: 'what parley doctor finds',
      collect: async () => {
        const findings = await diagnoseFile({ config }, openDnsLookup(undefined))
        return [jsonFile('doctor.json', redactFindings(findings, schema, redaction))]
      },
    },
  ]
}

/** A configuration with mistakes leaves only these out. */
function deferred(config: string, redaction: Redaction, pseudonyms: Pseudonyms | undefined): readonly BundlePart[] {
  try {
    return clusterBundleParts(loadClusterConfig({ config }), redaction, pseudonyms)
  } catch (error) {
    return [{ what: 'what the cluster says of itself', collect: () => Promise.reject(error) }]
  }
}

/** NOTE: what is no YAML cannot be redacted; `parley doctor` says then what is wrong with it. */
function readable(config: string): Record<string, unknown> {
  try {
    return readConfigFile(config)
  } catch {
    return {}
  }
}

async function write(target: string, archive: Buffer): Promise<void> {
  try {
    await writeFile(target, archive, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new ConfigError(`cannot write the bundle: ${reason}. Name another file with --output.`, { cause })
  }
}
