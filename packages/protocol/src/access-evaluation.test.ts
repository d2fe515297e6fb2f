import { describe, expect, it } from 'vitest'
import {
  type AccessSubject,
  defaultAccessList,
  effectiveAccessList,
  isAllowed,
  mergeAccessList,
} from './access-evaluation.ts'
import { type AccessEntry, type AccessRight, type AclPrincipal, accessRights } from './access-list.ts'
import { userUrl } from './logical-url.ts'
import { BadRequestError } from './rvp-error.ts'

const steve = userUrl('im.example.com', 'steve')
const bruce = userUrl('im.example.com', 'bruce')
const all: AclPrincipal = { kind: 'all' }
const who: AccessSubject = { principal: bruce, credential: 'digest' }

const user = (node = bruce): AclPrincipal => ({ kind: 'node', node })
const entry = (principal: AclPrincipal, rights: Partial<AccessEntry>): AccessEntry => ({
  principal,
  credentials: 'any',
  grant: [],
  deny: [],
  ...rights,
})
const grant = (principal: AclPrincipal, ...rights: AccessRight[]) => entry(principal, { grant: rights })
const deny = (principal: AclPrincipal, ...rights: AccessRight[]) => entry(principal, { deny: rights })

describe('access, RVP §5.7', () => {
  it('denies what no entry speaks of', () => {
    expect(isAllowed([], who, 'read')).toBe(false)
    expect(isAllowed([grant(all, 'list')], who, 'read')).toBe(false)
    expect(isAllowed([grant(user(steve), 'read')], who, 'read')).toBe(false)
  })

  it('puts what is said of the principal before what is said of everybody', () => {
    expect(isAllowed([grant(all, 'read'), deny(user(), 'read')], who, 'read')).toBe(false)
    expect(isAllowed([deny(all, 'read'), grant(user(), 'read')], who, 'read')).toBe(true)
    expect(isAllowed([grant(all, 'read'), deny(user(), 'write')], who, 'read')).toBe(true)
  })

  it('puts a denial before a grant, in whatever order they come', () => {
    expect(isAllowed([grant(user(), 'read'), deny(user(), 'read')], who, 'read')).toBe(false)
    expect(isAllowed([deny(all, 'read'), grant(all, 'read')], who, 'read')).toBe(false)
  })

  it('grants only to the credentials listed; with others it is as if the entry were not there (RVP §5.7.2)', () => {
    const ntlmOnly = entry(user(), { credentials: ['ntlm'], grant: ['read'] })
    expect(isAllowed([ntlmOnly], who, 'read')).toBe(false)
    expect(isAllowed([ntlmOnly], { ...who, credential: 'ntlm' }, 'read')).toBe(true)
    expect(isAllowed([ntlmOnly, grant(all, 'read')], who, 'read')).toBe(true)
  })

  it('denies whatever the credentials, so that a blocked person cannot come back with another scheme', () => {
    const block = entry(user(), { credentials: ['ntlm'], deny: ['send-to'] })
    expect(isAllowed([block, grant(all, 'send-to')], who, 'send-to')).toBe(false)
  })

  it('has no inheritance from a server to its users (RVP §5.7.2)', () => {
    const server: AclPrincipal = { kind: 'server', name: 'im.example.com' }
    expect(isAllowed([grant(server, 'read')], who, 'read')).toBe(false)
    expect(isAllowed([grant(server, 'read')], { ...who, server: 'im.example.com' }, 'read')).toBe(true)
  })

  it('merges a write by principal [R42]', () => {
    const current = [deny(user(), 'send-to'), grant(user(steve), 'read'), grant(all, 'list')]
    expect(mergeAccessList(current, [grant(user(), 'send-to')])).toEqual([
      grant(user(steve), 'read'),
      grant(all, 'list'),
      grant(user(), 'send-to'),
    ])
  })

  it('drops a principal whose entry has no rights, but lets everybody have none', () => {
    expect(mergeAccessList([deny(user(), 'read')], [entry(user(), {})])).toEqual([])
    const closed = mergeAccessList([], [entry(all, {})])
    expect(isAllowed(effectiveAccessList('user', steve, closed), who, 'send-to')).toBe(false)
  })

  it('keeps the list short', () => {
    const many = Array.from({ length: 1000 }, (_, index) => grant(user(userUrl('a', `u${index}`)), 'read'))
    expect(mergeAccessList(many.slice(1), many.slice(0, 1))).toHaveLength(1000)
    expect(() => mergeAccessList(many, [grant(all, 'read')])).toThrow(BadRequestError)
  })

  it("begins with everybody's entry and the owner's [R43]", () => {
    for (const kind of ['user', 'group', 'resource'] as const) {
      const [everybody, owners] = defaultAccessList(kind, steve)
      expect(everybody?.principal).toEqual(all)
      expect(owners).toMatchObject({ principal: user(steve), grant: accessRights, deny: [] })
    }
    expect(defaultAccessList('resource')).toHaveLength(1)
  })

  it('lets everybody see, read and write to a user, and hear a group', () => {
    const allowed = (kind: 'user' | 'group') =>
      accessRights.filter((right) => isAllowed(defaultAccessList(kind, steve), who, right))
    expect(allowed('user')).toEqual(['list', 'read', 'send-to', 'presence'])
    expect(allowed('group')).toEqual(['list', 'read', 'send-to', 'receive-from', 'presence'])
  })

  it("never takes the owner's own rights away [R42]", () => {
    const stored = [deny(user(steve), ...accessRights), deny(all, ...accessRights)]
    const list = effectiveAccessList('user', steve, stored)
    for (const right of accessRights) {
      expect(isAllowed(list, { principal: steve, credential: 'digest' }, right)).toBe(true)
      expect(isAllowed(list, who, right)).toBe(false)
    }
  })

  it("shows everybody's entry as stored, else the default one [R43]", () => {
    expect(effectiveAccessList('user', steve, [deny(user(), 'presence')])).toEqual([
      deny(user(), 'presence'),
      ...defaultAccessList('user', steve),
    ])
    const stored = grant(all, 'presence')
    expect(effectiveAccessList('user', steve, [stored])).toEqual([stored, defaultAccessList('user', steve)[1]])
  })
})
