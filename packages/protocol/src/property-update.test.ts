import { describe, expect, it } from 'vitest'
import { rootNamespaces } from './namespaces.ts'
import { propertyNames } from './property-name.ts'
import { parsePropertyUpdate, writePropertyRemove, writePropertySet, writeStateUpdate } from './property-update.ts'
import { BadRequestError } from './rvp-error.ts'
import { leasedStateXml, stateXml } from './state-xml.ts'

const update = (inner: string, root = 'd:propertyupdate') => `<${root}${rootNamespaces}>${inner}</${root}>`
const setState = (inner: string, root?: string) =>
  update(`<d:set><d:prop><r:state>${inner}</r:state></d:prop></d:set>`, root)
const leased = (timeout: string) =>
  `<r:leased-value><r:value><r:busy/></r:value><r:default-value><r:away/></r:default-value>${timeout}</r:leased-value>`

describe('PROPPATCH body, RVP §5.5', () => {
  it('reads leased states with a timeout in either namespace, and bare ones [R25]', () => {
    const expected = { kind: 'set-state', state: 'busy', defaultState: 'away', leaseSeconds: 1200, viewId: undefined }
    expect(parsePropertyUpdate(setState(leased('<d:timeout>1200</d:timeout>')))).toEqual([expected])
    expect(parsePropertyUpdate(setState(leased('<r:timeout> 1200 </r:timeout>')))).toEqual([expected])
    expect(parsePropertyUpdate(setState(leased('')))).toEqual([{ ...expected, leaseSeconds: undefined }])
    expect(parsePropertyUpdate(setState('<r:offline/>'))).toEqual([
      { kind: 'set-state', state: 'offline', defaultState: 'offline', leaseSeconds: undefined, viewId: undefined },
    ])
  })

  it('reads a view id, and passes over one that is no number [R25]', () => {
    expect(parsePropertyUpdate(setState('<r:away/><r:view-id> 77 </r:view-id>'))[0]).toMatchObject({ viewId: 77 })
    expect(parsePropertyUpdate(setState('<r:view-id>x7</r:view-id><r:away/>'))[0]).toMatchObject({
      state: 'away',
      viewId: undefined,
    })
  })

  it.each(['d:propertyupdate', 'd:propupdate', 'r:propertyupdate'])(
    'takes %s for its root (client-facts §4)',
    (root) => {
      expect(parsePropertyUpdate(setState('<r:idle/>', root))).toMatchObject([{ state: 'idle' }])
    },
  )

  it('accepts idle and invisible [R19]', () => {
    expect(parsePropertyUpdate(setState('<r:invisible/>'))).toMatchObject([{ state: 'invisible' }])
    expect(parsePropertyUpdate(setState('<r:idle/>'))).toMatchObject([{ state: 'idle' }])
  })

  it('reads several changes in their order', () => {
    const body = update(
      '<d:set><d:prop><d:displayname>A &amp; B</d:displayname><r:state><r:away/></r:state></d:prop></d:set>' +
        '<d:remove><d:prop><r:email/></d:prop></d:remove>',
    )
    expect(parsePropertyUpdate(body)).toMatchObject([
      { kind: 'set', name: '{DAV:}displayname', xml: 'A &amp; B' },
      { kind: 'set-state', state: 'away' },
      { kind: 'remove', name: propertyNames.email },
    ])
  })

  it('reads the lease of another property', () => {
    const value = '<r:leased-value><r:value>1</r:value><d:timeout>60</d:timeout></r:leased-value>'
    expect(parsePropertyUpdate(writePropertySet(propertyNames.mobileState, value))).toEqual([
      { kind: 'set', name: propertyNames.mobileState, xml: '1', leaseSeconds: 60 },
    ])
  })

  it.each([
    ['no change', update('')],
    ['an empty set', update('<d:set><d:prop/></d:set>')],
    ['another root', update('', 'd:propfind')],
    ['an empty state', setState('')],
    ['an unknown state', setState('<r:dancing/>')],
    ['a state of another namespace', setState('<d:online/>')],
    ['a timeout that is no number', setState(leased('<d:timeout>Infinite</d:timeout>'))],
    ['a leased value without a value', setState('<r:leased-value><d:timeout>1</d:timeout></r:leased-value>')],
    ['201 changes', update(`<d:remove><d:prop>${'<d:x/>'.repeat(201)}</d:prop></d:remove>`)],
    ['nothing at all', ''],
  ])('refuses %s', (_, body) => {
    expect(() => parsePropertyUpdate(body)).toThrow(BadRequestError)
  })

  it('writes what it reads', () => {
    expect(parsePropertyUpdate(writeStateUpdate({ state: 'at-lunch', leaseSeconds: 1200, viewId: 5 }))).toEqual([
      { kind: 'set-state', state: 'at-lunch', defaultState: 'offline', leaseSeconds: 1200, viewId: 5 },
    ])
    expect(parsePropertyUpdate(writeStateUpdate({ state: 'offline', viewId: 5 }))).toEqual([
      { kind: 'set-state', state: 'offline', defaultState: 'offline', leaseSeconds: undefined, viewId: 5 },
    ])
    expect(parsePropertyUpdate(writePropertyRemove('{urn:x}y'))).toEqual([{ kind: 'remove', name: '{urn:x}y' }])
  })
})

describe('r:state, RVP §9.1.1', () => {
  it('is a bare element for watchers, and leased with a numeric view id in the answer to PROPPATCH [R18]', () => {
    expect(stateXml('on-phone')).toBe('<r:on-phone/>')
    expect(leasedStateXml({ state: 'busy', defaultState: 'offline', leaseSeconds: 1200, viewId: 3577 })).toBe(
      '<r:leased-value><r:value><r:busy/></r:value><r:default-value><r:offline/></r:default-value>' +
        '<d:timeout>1200</d:timeout></r:leased-value><r:view-id>3577</r:view-id>',
    )
  })
})
