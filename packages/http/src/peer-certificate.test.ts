import { describe, expect, it } from 'vitest'
import { dnsNamesOf } from './peer-certificate.ts'

describe('the names that a certificate is for', () => {
  it.each([
    ['DNS:im.example.com', ['im.example.com']],
    ['DNS:IM.Example.com, IP Address:10.0.0.1, DNS:*.example.com', ['im.example.com', '*.example.com']],
    ['URI:"http://example.com/a, DNS:victim.example.com", DNS:a.example.com', ['a.example.com']],
    ['DNS:"evil.example.com\\u0000.example.com, DNS:victim.example.com"', []],
    ['DNS:"a\\", DNS:victim.example.com", DNS:b.example.com', ['b.example.com']],
    ['DNS:a.example.com, nonsense', []],
    ['', []],
  ])('%s', (list, names) => {
    expect(dnsNamesOf(list)).toEqual(names)
  })
})
