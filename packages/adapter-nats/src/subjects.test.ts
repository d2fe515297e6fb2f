import { parseHomeName } from '@parley/domain'
import { logicalUrlOf, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Subjects } from './subjects.ts'

const subjects = new Subjects('parley')
const domain = 'im.example.com'

describe('subjects of the bus', () => {
  it('are short and legible', () => {
    expect([
      subjects.status(userUrl(domain, 'Steve')),
      subjects.status(userUrl(`${domain}:8080`, 'john.doe')),
      subjects.status(logicalUrlOf(domain, '/groups/Rec.Cycling')),
      subjects.beat(parseHomeName('hq-1')),
    ]).toEqual([
      'parley.status.im,example,com.steve',
      'parley.status.im,example,com%3A8080.john,doe',
      'parley.status.im,example,com.%2Fgroups%2FRec,Cycling',
      'parley.beat.hq-1',
    ])
    expect(new Subjects('acme.im').all).toEqual(['acme.im.status.>', 'acme.im.beat.>'])
  })

  it('are one word for the domain and one for the node, without wildcards, whatever the node is called', () => {
    const odd = ['*', "a.b,c;d:e@f!g~h'(i)$j=k+l", '%2a%3e', '%h', '$sys', `${'x.'.repeat(900)}y`]
    for (const alias of odd) {
      expect(subjects.status(userUrl('[fe80::1]:81', alias))).toMatch(
        /^parley\.status\.[\w~@+=,%-]+\.[\w~@+=,%-]{1,160}$/,
      )
    }
  })

  it('differ for different nodes', () => {
    const long = 'x'.repeat(600)
    const nodes = [
      ...['a.b', 'a,b', 'a%2cb', 'a-b', '%h', `${long}1`, `${long}2`].map((alias) => userUrl(domain, alias)),
      ...['/a.b', '/a/b', '/a%2Fb', '/%2Fa/b', `/${long}1`, '/instmsg/aliases/a.b/c'].map((path) =>
        logicalUrlOf(domain, path),
      ),
      ...['imexample.com', 'im.example.com:81', 'im-example.com'].map((other) => userUrl(other, 'a.b')),
    ]
    expect(new Set(nodes.map((node) => subjects.status(node))).size).toBe(nodes.length)
  })
})
