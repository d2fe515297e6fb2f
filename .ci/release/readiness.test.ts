import { describe, expect, it } from 'vitest'
import { obstacles } from './readiness.ts'

const ready = {
  version: '1.2.0',
  changes: [],
  changesets: [],
  changelog: '# parley\n\n## 1.2.0\n\n- Better\n',
  tags: ['v1.1.0'],
  disagreements: [],
  hasHelm: true,
}

describe('a version', () => {
  it('can be released when all is committed, told, new and of one number', () => {
    expect(obstacles(ready)).toEqual([])
  })

  it('cannot, for everything that is in the way, named at once', () => {
    const found = obstacles({
      version: '1.1.0',
      changes: [' M README.md'],
      changesets: ['brave-cats.md'],
      changelog: '## 1.1.0-rc.1\n',
      tags: ['v1.1.0'],
      disagreements: ['helm/parley/Chart.yaml is not of version 1.1.0'],
      hasHelm: false,
    })
    expect(found).toEqual([
      '1 files are not as committed, e.g. M README.md',
      'changes wait for a version: brave-cats.md; run "npm run new-version"',
      'the changelog has nothing about 1.1.0',
      'v1.1.0 is released already',
      'helm/parley/Chart.yaml is not of version 1.1.0',
      'helm, which packs the chart, is not there',
    ])
  })
})
