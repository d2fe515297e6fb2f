import { systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { createStreamToken, nodeOfStreamToken } from './stream-token.ts'

describe('stream tokens', () => {
  const alice = userUrl('im.example.com', 'alice')

  it('name their node, and differ from one another', () => {
    const [one, other] = [createStreamToken(alice, systemIds), createStreamToken(alice, systemIds)]
    expect(one).not.toBe(other)
    expect([nodeOfStreamToken(one), nodeOfStreamToken(other)]).toEqual([alice, alice])
  })

  it.each(['', '.', 'abc', '.abc', '!!!.abc', 'Li4vLi4.abc', 'x'.repeat(5000)])('names nothing in %j', (token) => {
    expect(nodeOfStreamToken(token)).toBeUndefined()
  })
})
