import { natsServerInfo } from '@parley/adapter-nats'
import { RedisConnection, redisReport } from '@parley/adapter-redis'
import { aliasOf } from '@parley/protocol'
import type { ClusterConfig } from '../cluster-config.ts'
import { redisSecrets } from '../cluster-secrets.ts'
import { clusterStatus } from '../cluster-status.ts'
import { openClusterTool } from '../cluster-tool.ts'
import { reasonOf } from '../doctor/finding.ts'
import { type SyncStatus, syncStatus } from '../sync-status.ts'
import { type BundlePart, jsonFile } from './part.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { redactedJson } from './redacted-json.ts'
import type { Redaction } from './redaction.ts'

const answerMs = 5_000
const mostNames = 200_000

/** What a cluster adds to a bundle. `names` is told whom the map knows, if people are to have pseudonyms. */
export function clusterBundleParts(
  config: ClusterConfig,
  redaction: Redaction,
  names: Pseudonyms | undefined,
): readonly BundlePart[] {
  const status: BundlePart = {
    what: 'what parley status shows',
    collect: async () => {
      await using parts = await openClusterTool(config)
      if (names) {
        let count = 0
        for await (const { node } of parts.map.all()) {
          names.add(aliasOf(node) ?? '')
          count += 1
          if (count === mostNames) break
        }
      }
      const [homes, sync] = await Promise.all([
        clusterStatus(parts),
        syncStatus(parts.sync, { isFollowed: config.directory !== undefined }),
      ])
      return [
        jsonFile('status.json', redactedJson({ homes, sync: sync && withoutEntries(sync, redaction) }, redaction)),
      ]
    },
  }
  const redis: BundlePart = {
    what: 'INFO, latency and numbers of keys of Redis',
    collect: async () => {
      const { redis: settings } = config
      await using connection = await RedisConnection.open({
        config: settings,
        secrets: redisSecrets(settings),
        patienceMs: answerMs,
      })
      const reports = await redisReport(connection, settings.prefix)
      return reports.flatMap(({ info, ...report }, at) => [
        { name: `redis/${at + 1}-info.txt`, content: info },
        jsonFile(`redis/${at + 1}.json`, report),
      ])
    },
  }
  const nats: BundlePart = {
    what: 'what the NATS servers say of themselves',
    collect: async () => {
      const answers = config.nats.servers.map(async (server) => {
        const signal = AbortSignal.timeout(answerMs)
        const problem = (error: unknown) => ({ problem: redaction.text(reasonOf(error)) })
        return { server: redaction.url(server), ...(await natsServerInfo(server, signal).catch(problem)) }
      })
      return [jsonFile('nats.json', await Promise.all(answers))]
    },
  }
  // The status first: it makes names known.
  return [status, redis, nats]
}

/** NOTE: what is wrong with an entry quotes it. */
function withoutEntries(sync: SyncStatus, redaction: Redaction): SyncStatus {
  if (redaction.keepsNames) return sync
  const problems = sync.problems.map(({ what, origin, ...rest }) => ({
    ...rest,
    origin: redaction.name(origin),
    what: redaction.quoting(what),
  }))
  return { ...sync, problems }
}
