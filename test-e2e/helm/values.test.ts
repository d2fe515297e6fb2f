import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { JsonSchema } from '../../helm/json-schema.ts'
import { documentedValues } from '../../helm/values-file.ts'
import { valuesSchema } from '../../helm/values-schema.ts'
import {
  chartFolder,
  eachOf,
  exampleValues,
  mergeValues,
  RefusedError,
  renderText,
  type Values,
  withoutSecrets,
} from './chart.ts'
import { renderings } from './matrix.ts'
import { likelyBases, type ValueChange, valueAt, valueChanges, withValue } from './value-changes.ts'

const valuesText = readFileSync(join(chartFolder, 'values.yaml'), 'utf8')
const documented = documentedValues(valuesText)
const schema = valuesSchema(documented)
const defaults = parse(valuesText, { version: '1.1' }) as Values

describe('every value of the chart', () => {
  it('changes what the chart makes, in some example', async () => {
    const bases = renderings().map(({ values }) => values)
    const before = new Map<Values, string>()
    await eachOf(bases, async (values) => {
      before.set(values, withoutSecrets(await renderText(values)))
    })
    const unused: string[] = []
    await eachOf(valueChanges(documented, schema), async (change) => {
      for (const values of likelyBases(bases, change)) {
        const after = await renderText(withValue(values, defaults, change)).catch((error: unknown) => {
          if (error instanceof RefusedError) return isSwitch(change, values) ? error.message : undefined
          throw error
        })
        if (after !== undefined && withoutSecrets(after) !== before.get(values)) return
      }
      unused.push(change.title)
    })
    expect(unused).toEqual([])
  }, 600_000)

  it('that templates use is one that values.yaml has', () => {
    const unknown = readdirSync(join(chartFolder, 'templates'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ya?ml|tpl|txt)$/.test(name))
      .flatMap((name) =>
        readFileSync(join(chartFolder, 'templates', name), 'utf8')
          .matchAll(/\.Values((?:\.\w+)+)/g)
          .map(([, path = '']) => path.slice(1).split('.'))
          .filter((path) => !isKnown(schema, path))
          .map((path) => `${name}: ${path.join('.')}`)
          .toArray(),
      )
    expect(unknown).toEqual([])
  })
})

/** A switch may do nothing but contradict the others: that the chart says so shows that it looks at it. */
function isSwitch({ path }: ValueChange, values: Values): boolean {
  return typeof valueAt(mergeValues(defaults, values), path) === 'boolean'
}

function isKnown({ properties }: JsonSchema, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined || properties === undefined) return true
  const next = properties[first]
  return next !== undefined && isKnown(next, rest)
}

describe('the chart refuses', () => {
  const trial = exampleValues('trial.yaml')
  const mistakes: readonly (readonly [what: string, change: Values, message: RegExp])[] = [
    ['a value that it does not know', { replicas: 3 }, /additional properties 'replicas'/],
    ['a value in the wrong place', { routers: { image: 'x' } }, /routers.*additional properties 'image'/s],
    ['a setting that Parley does not know', { config: { limit: 1 } }, /config.*additional properties 'limit'/s],
    ['a misspelt setting deep down', { config: { redis: { sentinel: ['a:1'] } } }, /config\/redis.*'sentinel'/s],
    ['text for a number', { routers: { replicas: 'three' } }, /routers\/replicas.*want integer/s],
    ['text for a switch', { networkPolicy: { enabled: 'yes please' } }, /networkPolicy\/enabled.*want boolean/s],
    ['a negative number', { homes: { standby: -1 } }, /homes\/standby/],
    ['a port that is none', { routers: { service: { httpPort: 70_000 } } }, /routers\/service\/httpPort/],
    ['a type of Service that is none', { routers: { service: { type: 'Loadbalancer' } } }, /routers\/service\/type/],
    ['a network that is none', { clients: { networks: ['10.0.0.0'] } }, /clients\/networks\/0/],
    ['a number for a label', { pods: { labels: { a: 1 } } }, /pods\/labels\/a.*want string/s],
    ['a moving image', { image: { tag: 'latest' } }, /image\.tag is latest/],
    ['a digest that is none', { image: { digest: 'sha256:12' } }, /image\/digest/],
    ['a Secret’s entry that is a path', { users: { key: '../users.yaml' } }, /users\/key/],
    ['no IM domain', { config: { domains: [] } }, /config\/domains|set config\.domains/],
    [
      'addresses that it makes itself',
      { config: { listen: [{ at: '0.0.0.0:80' }] } },
      /config\.listen is set by the chart/,
    ],
    ['cluster keys in the configuration', { config: { cluster: {} } }, /config\.cluster is set by the chart/],
    ['two Redises', { config: { redis: { url: 'redis://r:6379' } } }, /Redis is named more than once: set one of/],
    ['no Redis', { redis: { trial: { enabled: false } } }, /no Redis: set one of config\.redis\.url/],
    ['no NATS', { nats: { trial: { enabled: false } } }, /no NATS: set config\.nats\.servers/],
    ['nobody who could sign in', { users: { existingSecret: '' } }, /set users\.existingSecret/],
    ['no cluster key', { cluster: { keys: { generate: false } } }, /no cluster key: .*cluster\.keys\.existingSecret/],
    ['TLS without a certificate', { clients: { tls: { enabled: true } } }, /set clients\.tls\.existingSecret/],
    ['a leaf node that knows no centre', { nats: { leaf: { enabled: true } } }, /nats\.leaf\.remotes is empty/],
    ['an Ingress that routers do not trust', { ingress: { enabled: true } }, /set config\.trustedProxies/],
    ['a Gateway without a name', { gateway: { enabled: true } }, /gateway\.parentRefs is empty/],
    ['two sites of one name', { sites: [{ name: 'hq' }, { name: 'hq' }] }, /the site "hq" is there twice/],
    ['a site that cannot name homes', { sites: [{ name: 'Head Office' }] }, /the site "Head Office" must be named/],
    ['federation with nobody', { federation: { enabled: true, existingSecret: 'f' } }, /config\.federation\.domains/],
    ['plain HTTP in public networks', { clients: { networks: ['8.0.0.0/8'] } }, /set clients\.http\.enabled=false/],
    ['names that get too long', { fullnameOverride: 'a'.repeat(50) }, /set fullnameOverride to something shorter/],
    [
      'a test with one user',
      { tests: { existingSecret: 't', user: 'a@b', with: '' } },
      /set tests\.user and tests\.with/,
    ],
    [
      'a store of secrets without a name',
      { externalSecrets: { secrets: [{ name: 'a', data: [] }] } },
      /externalSecrets\.storeRef/,
    ],
  ]
  it.each(mistakes)('%s, and names it', async (_, change, message) => {
    await expect(renderText(mergeValues(trial, change))).rejects.toThrow(message)
  })

  it('several mistakes at once', async () => {
    const change = { redis: { trial: { enabled: false } }, users: { existingSecret: '' }, image: { tag: 'latest' } }
    await expect(renderText(mergeValues(trial, change))).rejects.toThrow(/nobody could sign in.*no Redis.*image\.tag/s)
  })
})
