import { describe, expect, it } from 'vitest'
import { defaultAccessList } from './access-evaluation.ts'
import { parseAccessList, writeAccessList } from './access-list-xml.ts'
import { parseLogicalUrl } from './logical-url.ts'
import { BadRequestError } from './rvp-error.ts'

const owner = parseLogicalUrl('http://im.example.com/instmsg/aliases/steve')
const list = (ace: string) =>
  `<rvpacl xmlns="http://schemas.microsoft.com/rvp/acl/"><acl><inheritance>none</inheritance>${ace}</acl></rvpacl>`
const ace = (principal: string, rights = '<grant><read/></grant><deny/>') =>
  list(`<ace><principal>${principal}</principal>${rights}</ace>`)
const named = (name: string, credentials = '<credentials><any/></credentials>') =>
  `<rvp-principal>${name}</rvp-principal>${credentials}`
const read = (body: string) => parseAccessList(body, parseLogicalUrl)

describe('ACL body, RVP §5.7', () => {
  it('takes allprincipals in either spelling for everybody [R42]', () => {
    const everybody = [{ principal: { kind: 'all' }, credentials: 'any', grant: ['read'], deny: [] }]
    expect(read(ace('<allprincipals/><credentials><any/></credentials>'))).toEqual(everybody)
    expect(read(ace(named(' allprincipals ')))).toEqual(everybody)
  })

  it('strips white space from principals, and tells users from servers', () => {
    expect(read(ace(named('\n http://IM.example.com/instmsg/aliases/Steve/ \n')))[0]?.principal).toEqual({
      kind: 'node',
      node: owner,
    })
    expect(read(ace(named(' IM.Acme.com ')))[0]?.principal).toEqual({ kind: 'server', name: 'im.acme.com' })
  })

  it('reads every right and kind of credentials, in one order', () => {
    const credentials = '<credentials><internal/><ntlm/><digest/><assertion/><ntlm/></credentials>'
    const rights = '<deny><presence/><send-to/></deny><allow><write/><list/></allow><grant><read/></grant>'
    expect(read(ace(named('http://a/b', credentials), rights))).toEqual([
      {
        principal: { kind: 'node', node: 'http://a/b' },
        credentials: ['assertion', 'digest', 'ntlm', 'internal'],
        grant: ['list', 'read', 'write'],
        deny: ['send-to', 'presence'],
      },
    ])
    expect(read(ace(named('http://a/b'), '<grant><all/></grant>'))[0]?.grant).toHaveLength(10)
  })

  it.each([
    ['no credentials', ace('<allprincipals/>')],
    ['empty credentials', ace('<allprincipals/><credentials/>')],
  ])('answers "credentials not specified" to %s (RVP §5.7.2)', (_, body) => {
    expect(() => read(body)).toThrow(/^credentials not specified$/)
  })

  it.each([
    ['no principal', list('<ace><grant><read/></grant></ace>')],
    ['two principals', ace(named('http://a/b') + named('http://a/c', ''))],
    ['an empty principal', ace(named('  '))],
    ['a principal that is neither URL nor server', ace(named('two words'))],
    ['unknown credentials', ace(named('http://a/b', '<credentials><ntlm/><magic/></credentials>'))],
    ['the right writeowner', ace(named('http://a/b'), '<grant><writeowner/></grant>')],
    ['the right delete', ace(named('http://a/b'), '<grant/><deny><delete/></deny>')],
    ['the right createchild', ace(named('http://a/b'), '<grant><createchild/></grant>')],
    ['the right deletechild', ace(named('http://a/b'), '<allow><deletechild/></allow>')],
    ['another root', '<acl/>'],
    ['no acl', '<rvpacl xmlns="http://schemas.microsoft.com/rvp/acl/"/>'],
    ['1001 entries', list('<ace/>'.repeat(1001))],
  ])('refuses %s', (_, body) => {
    expect(() => read(body)).toThrow(BadRequestError)
  })

  it('writes the form of RVP §5.7.3 without white space, each node as the client spells it [R43]', () => {
    const body = writeAccessList(defaultAccessList('user', owner), () => 'http://IM/instmsg/aliases/Steve')
    expect(body).toMatch(
      /^<a:rvpacl [^>]*><a:acl><a:inheritance>none<\/a:inheritance><a:ace><a:principal><a:allprincipals\/>/,
    )
    expect(body).toContain('<a:rvp-principal>http://IM/instmsg/aliases/Steve</a:rvp-principal><a:credentials>')
    expect(body).not.toMatch(/>\s|\s</)
  })

  it('writes what it reads', () => {
    const entries = [...defaultAccessList('group', owner), ...read(ace(named('im.acme.com'), '<deny><all/></deny>'))]
    expect(read(writeAccessList(entries, (node) => node))).toEqual(entries)
  })
})
