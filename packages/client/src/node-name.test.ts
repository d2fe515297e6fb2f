import { BadRequestError, logicalUrlOf, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { nameOfNode, nodeNamed } from './node-name.ts'

const domain = 'im.example.com'

describe('node names', () => {
  it('are aliases, addresses or URLs', () => {
    expect(nodeNamed('Bob', domain)).toBe(userUrl(domain, 'bob'))
    expect(nodeNamed('bob@im.other.example', domain)).toBe(userUrl('im.other.example', 'bob'))
    expect(nodeNamed('http://im.example.com/groups/sales', domain)).toBe(logicalUrlOf(domain, '/groups/sales'))
  })

  it('are refused when they cannot be part of a URL', () => {
    for (const name of ['', '@im.example.com', 'a b', '../x', 'bob@', 'bob@a/b', 'http://']) {
      expect(() => nodeNamed(name, domain)).toThrow(BadRequestError)
    }
  })

  it('are as short as can be', () => {
    for (const name of ['bob', 'bob@im.other.example', 'http://im.example.com/groups/sales']) {
      expect(nameOfNode(nodeNamed(name, domain), domain)).toBe(name)
    }
  })
})
