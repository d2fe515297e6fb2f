import { logicalUrlOf, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { CreatePolicy } from './create-policy.ts'

const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')
const at = (path: string) => logicalUrlOf('im.example.com', path)

const policy = new CreatePolicy([
  { under: '/stock/private/', kind: 'group', by: [bob] },
  { under: '/stock/', kind: 'resource', by: [alice] },
  { under: '/groups/', kind: 'group', by: 'everybody' },
  { under: '/instmsg/aliases/', kind: 'group', by: 'everybody' },
])

describe('who may make nodes, RVP §4.1.2', () => {
  it.each([
    ['/stock/companyA', alice, 'resource'],
    ['/stock/deep/er', alice, 'resource'],
    ['/stock/companyA', bob, undefined],
    ['/stock/private/x', bob, 'group'],
    ['/stock/private/x', alice, 'resource'],
    ['/groups/x', bob, 'group'],
    ['/groups', bob, undefined],
    ['/groupsx/y', bob, undefined],
    ['/elsewhere/x', alice, undefined],
  ])('at %s, by %s: %s', (path, principal, kind) => {
    expect(policy.kindFor(at(path), principal)).toBe(kind)
  })

  it('never at a user’s place, whatever a rule says: users come from the directory', () => {
    expect(policy.kindFor(userUrl('im.example.com', 'carol'), alice)).toBeUndefined()
  })
})
