import { describe, expect, it } from 'vitest'
import { aclNamespace, rvpNamespace } from './namespaces.ts'
import { BadRequestError } from './rvp-error.ts'
import { defaultXmlLimits, parseXml } from './xml-reader.ts'

const refusal = (text: string, limits = defaultXmlLimits): string => {
  try {
    parseXml(text, limits)
  } catch (error) {
    if (error instanceof BadRequestError) return error.publicMessage.replace(/^bad XML at character \d+: /, '')
    throw error
  }
  return 'taken'
}

describe('XML reader', () => {
  it('resolves prefixes, inner ones before outer ones', () => {
    const root = parseXml('<a:x xmlns:a="urn:1" q="0" a:q="1"><x xmlns="urn:2"><a:y xmlns:a="urn:3"/><a:z/></x></a:x>')
    expect(root).toEqual({
      ns: 'urn:1',
      name: 'x',
      attributes: [
        { ns: '', name: 'q', value: '0' },
        { ns: 'urn:1', name: 'q', value: '1' },
      ],
      children: [
        {
          ns: 'urn:2',
          name: 'x',
          attributes: [],
          children: [
            { ns: 'urn:3', name: 'y', attributes: [], children: [] },
            { ns: 'urn:1', name: 'z', attributes: [], children: [] },
          ],
        },
      ],
    })
  })

  it.each([
    'http://schemas.Microsoft.com/rvp/acl',
    'http://schemas.microsoft.com/rvp/acl/',
    'HTTP://schemas.microsoft.com/RVP/ACL/',
  ])('takes %s for the namespace of access lists (client-facts §4)', (spelling) => {
    expect(parseXml(`<a:rvpacl xmlns:a="${spelling}"/>`).ns).toBe(aclNamespace)
  })

  it('leaves other namespaces as they are spelled', () => {
    expect(parseXml('<x xmlns="http://schemas.microsoft.com/rvp"/>').ns).toBe(rvpNamespace)
    expect(parseXml('<x xmlns="http://Example.com/rvp"/>').ns).toBe('http://Example.com/rvp')
    expect(parseXml('<x xmlns="dav:"/>').ns).toBe('dav:')
  })

  it('keeps CRLF in content, makes white space in attributes blanks, and decodes references', () => {
    const root = parseXml('<a b="1\r\n2&#10;3\t4">x\r\n&lt;&#x1F600;&#13;<![CDATA[&lt;\r\n]]></a>')
    expect(root.attributes[0]?.value).toBe('1 2\n3 4')
    expect(root.children.join('')).toBe('x\r\n<\u{1f600}\r&lt;\r\n')
  })

  it('passes over byte order mark, declaration, comments and instructions', () => {
    const root = parseXml(
      '\ufeff<?xml version=\'1.0\' encoding="utf-8"?>\n<!-- a --><?b c?><a><!-- < & --><?d?></a>\n<!---->',
    )
    expect(root).toEqual({ ns: '', name: 'a', attributes: [], children: [] })
  })

  it.each([
    ['', 'no root element'],
    ['text', 'no root element'],
    ['<!DOCTYPE a><a/>', 'a declaration; document types are not taken'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'a declaration; document types are not taken'],
    ['<a>&nbsp;</a>', 'a bad reference'],
    ['<a>&#0;</a>', 'a bad reference'],
    ['<a>&#xD800;</a>', 'a bad reference'],
    ['<a>&#x110000;</a>', 'a bad reference'],
    ['<a>& </a>', 'a bad reference'],
    ['<a b="&lt"/>', 'a bad reference'],
    ['<a>\0</a>', 'a character that XML does not have'],
    ['<a>\ud800</a>', 'a character that XML does not have'],
    ['<a></b>', 'an end tag that fits no start tag'],
    ['<a></ab>', 'an end tag that fits no start tag'],
    ['<x:a xmlns:x="u" xmlns:y="u"></y:a>', 'an end tag that fits no start tag'],
    ['<a>', 'an element that is not closed'],
    ['<a', 'a tag that is not closed'],
    ['<a b', 'an attribute without a value'],
    ['<a b=c/>', 'an attribute without a value'],
    ['<a b="c', 'an attribute that is not closed'],
    ['<a b="<"/>', 'a < in an attribute'],
    ['<a b="1"c="2"/>', 'a tag that is not closed'],
    ['<a b="1" b="2"/>', 'an attribute given twice'],
    ['<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>', 'an attribute given twice'],
    ['<a xmlns:p="u" xmlns:p="v"/>', 'an attribute given twice'],
    ['<p:a/>', 'a prefix that is not declared'],
    ['<a p:b=""/>', 'a prefix that is not declared'],
    ['<a><p:b xmlns:p="u"/><p:c/></a>', 'a prefix that is not declared'],
    ['<a xmlns:p=""/>', 'a prefix without a namespace'],
    ['<a xmlns:xmlns="u"/>', 'a misuse of the prefix xmlns'],
    ['<a xmlns:xml="u"/>', 'a misuse of the prefix xml'],
    ['<a xmlns="http://www.w3.org/XML/1998/namespace"/>', 'a misuse of the prefix xml'],
    ['<a:b:c xmlns:a="u"/>', 'a bad name'],
    ['<:a/>', 'a bad name'],
    ['<a:/>', 'a bad name'],
    ['<1/>', 'a bad name'],
    ['<a>]]></a>', ']]> in text'],
    ['<a><![CDATA[x</a>', 'a CDATA section that is not closed'],
    ['<a><!-- -- --></a>', '-- in a comment'],
    ['<a><!-- </a>', 'a comment that is not closed'],
    ['<a><?xml version="1.0"?></a>', 'a bad processing instruction'],
    [' <?xml version="1.0"?><a/>', 'a bad processing instruction'],
    ['<a><?b </a>', 'a processing instruction that is not closed'],
    ['<a/><b/>', 'something after the root element'],
    ['<a/>text', 'something after the root element'],
  ])('refuses %j', (text, reason) => {
    expect(refusal(text)).toBe(reason)
  })

  it('says where a document goes wrong, and repeats nothing of it', () => {
    expect(() => parseXml('<secret></hidden>')).toThrow(/^bad XML at character 8: an end tag that fits no start tag$/)
  })

  it('bounds depth, counts and the names of namespaces', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(refusal(nested(32))).toBe('taken')
    expect(refusal(nested(33))).toBe('too many elements inside each other')
    expect(refusal(`<a>${'<b/>'.repeat(3999)}</a>`)).toBe('taken')
    expect(refusal(`<a>${'<b/>'.repeat(4000)}</a>`)).toBe('too many elements')
    const attributes = (count: number) => Array.from({ length: count }, (_, index) => ` b${index}=""`).join('')
    expect(refusal(`<a${attributes(32)}/>`)).toBe('taken')
    expect(refusal(`<a${attributes(33)}/>`)).toBe('too many attributes')
    expect(refusal(`<a>${`<b${attributes(32)}/>`.repeat(251)}</a>`)).toBe('too many attributes')
    const declare = (first: number) =>
      `<a${Array.from({ length: 20 }, (_, index) => ` xmlns:p${first + index}="u"`).join('')}>`
    expect(refusal(`${declare(0)}${declare(20)}</a></a>`)).toBe('too many namespaces')
    expect(refusal(`<a xmlns="${'u'.repeat(257)}"/>`)).toBe('the name of a namespace is too long')
  })
})
