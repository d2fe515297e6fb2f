import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { alertCases } from './alert-cases.ts'
import { checkRules, rulesFile, testRules } from './promtool.ts'
import { rollingUpgrade, scrapeSeconds } from './rolling-upgrade.ts'

interface Rule {
  readonly alert: string
  readonly labels: { readonly severity: string }
}

const { groups } = parse(readFileSync(rulesFile, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}

const firing = (alert: string, severity: string): string =>
  `count by (alertname) (ALERTS{alertname="${alert}", severity="${severity}", alertstate="firing"})`

describe('alert rules', () => {
  it('are well-formed for promtool', async () => {
    expect(await checkRules()).toContain('SUCCESS')
  })

  it('have a case each', () => {
    const rules = groups.flatMap((group) => group.rules.map(({ alert, labels }) => `${alert} ${labels.severity}`))
    expect(alertCases.map(({ alert, severity }) => `${alert} ${severity}`).sort()).toEqual(rules.sort())
  })

  it.each(alertCases)('$alert ($severity) fires', async ({ alert, severity, fires: { series, minute } }) => {
    const samples = [{ labels: `{alertname="${alert}"}`, value: 1 }]
    await testRules(series, [{ expression: firing(alert, severity), minutes: [minute], samples }])
  })

  it.each(alertCases)('$alert ($severity) is quiet when $quiet.why', async ({ alert, severity, quiet }) => {
    await testRules(quiet.series, [{ expression: firing(alert, severity), minutes: quiet.minutes, samples: [] }])
  })

  it('are quiet during a rolling upgrade and the roll-back, which many of them notice', async () => {
    const minutes = Array.from({ length: 49 }, (_, at) => at + 1)
    const fires = { expression: 'count by (alertname) (ALERTS{alertstate="firing"})', minutes, samples: [] }
    const noticed = {
      expression: 'count(count by (alertname) (max_over_time(ALERTS{alertstate="pending"}[50m]))) > bool 6',
      minutes: [49],
      samples: [{ labels: '{}', value: 1 }],
    }
    await testRules(rollingUpgrade(), [fires, noticed], { intervalSeconds: scrapeSeconds })
  })
})
