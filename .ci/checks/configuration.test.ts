import { describe, expect, it } from 'vitest'
import { settingRows, tableText } from './configuration.ts'

describe('the page about the configuration', () => {
  it('has a row for each setting, also within lists, with what is required and what is the default', () => {
    const rows = settingRows({
      properties: {
        data: { type: 'string', description: 'Directory.' },
        listen: {
          type: 'array',
          items: { type: 'object', required: ['at'], properties: { at: { type: 'string' } } },
        },
        log: { type: 'object', default: {}, properties: { level: { enum: ['info', 'warn'], default: 'info' } } },
        by: { anyOf: [{ const: 'everybody' }, { type: 'array', items: { type: 'string' } }] },
      },
      required: ['data'],
    })
    expect(rows).toEqual([
      ['`data`', 'string', 'required', 'Directory.'],
      ['`listen`', 'list of the following', '', ''],
      ['`listen[].at`', 'string', 'required', ''],
      ['`log`', 'the following', '', ''],
      ['`log.level`', '`info`, `warn`', '`"info"`', ''],
      ['`by`', '`"everybody"` or list of strings', '', ''],
    ])
  })

  it('keeps a bar in a cell from ending it', () => {
    expect(tableText(['a'], [['b|c']])).toBe('| a |\n| --- |\n| b\\|c |\n')
  })
})
