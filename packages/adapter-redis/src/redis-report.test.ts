import { expect, it } from 'vitest'
import { keyKind } from './redis-report.ts'

it.each([
  ['parley:homes', 'parley:homes'],
  ['parley:node:im.example.com/instmsg/aliases/alice', 'parley:node:*'],
  ['parley:names:77', 'parley:names:*'],
  ['parley:{hq-1}:epoch', 'parley:{*}:epoch'],
  ['parley:{hq-1}:node:im.example.com/instmsg/aliases/alice', 'parley:{*}:node:*'],
  ['parley:{.sync}:problems', 'parley:{.sync}:problems'],
])('counts %s as %s, without the name of anybody', (key, kind) => {
  expect(keyKind(key, 'parley')).toBe(kind)
})
