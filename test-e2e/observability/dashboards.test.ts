import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { dashboardPaths } from './panel-queries.ts'

const run = promisify(execFile)

interface Stored {
  readonly uid: string
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly type: string
    readonly description?: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  }[]
}

describe('dashboards', () => {
  // NOTE: Grafana itself is not run; these are its own types, which it makes for programs that write dashboards.
  it('have every field that Grafana demands, and none that it does not know', async () => {
    expect(dashboardPaths.length).toBeGreaterThan(0)
    await run('go', ['run', '.', ...dashboardPaths], { cwd: join(import.meta.dirname, 'grafana'), timeout: 600_000 })
  }, 600_000)

  it.each(dashboardPaths.map((path) => [basename(path), path]))(
    '%s shows every panel, and says what each tells',
    (name, path) => {
      const { uid, panels } = JSON.parse(readFileSync(path, 'utf8')) as Stored
      expect(name).toBe(`${uid}.json`)
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
      const places = new Set<string>()
      for (const { title, type, description, gridPos } of panels) {
        const { x, y, w, h } = gridPos
        expect(x + w, title).toBeLessThanOrEqual(24)
        if (type !== 'row') expect(description, title).toMatch(/\.$/)
        for (let column = x; column < x + w; column += 1) {
          for (let line = y; line < y + h; line += 1) {
            expect(places, `${title} lies over another panel`).not.toContain(`${column} ${line}`)
            places.add(`${column} ${line}`)
          }
        }
      }
    },
  )
})
