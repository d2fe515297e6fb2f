import { describe, expect, it } from 'vitest'
import { parseXml } from './xml-reader.ts'
import { cdata, elementXml, escapeAttribute, escapeText, innerXml } from './xml-writer.ts'

const canonical = (text: string) => elementXml(parseXml(text))
const rvp = 'http://schemas.microsoft.com/rvp/'

describe('XML writer', () => {
  it('escapes what would be markup, and leaves out what XML cannot carry', () => {
    expect(escapeText('a<b>&"\u0000\u000b\uffff\ud800\u{1f600}')).toBe('a&lt;b&gt;&amp;"\ufffd\u{1f600}')
    expect(escapeAttribute('a<b>&"\r\n\t\u0001')).toBe('a&lt;b&gt;&amp;&quot;&#13;&#10;&#9;')
    expect(cdata('a]]>b\u0000]]>')).toBe('<![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[>]]>')
  })

  it('uses d, r and a whatever the prefixes were, and drops white space between elements [R14]', () => {
    const text = `<D:prop xmlns:D="DAV:" xmlns="${rvp}">\r\n  <state>\n<away/>\n</state>
      <x:principal xmlns:x="${rvp}acl/"> http://a/b </x:principal></D:prop>`
    expect(canonical(text)).toBe('<d:prop><r:state><r:away/></r:state><a:principal> http://a/b </a:principal></d:prop>')
  })

  it('writes empty elements as pairs, but states self-closed [R15]', () => {
    expect(
      canonical(`<d:prop xmlns:d="DAV:" xmlns:r="${rvp}"><d:displayname/><r:email/><r:idle></r:idle></d:prop>`),
    ).toBe('<d:prop><d:displayname></d:displayname><r:email></r:email><r:idle/></d:prop>')
  })

  it('declares any other namespace where it begins', () => {
    const text = '<a xmlns:p="urn:1" xml:lang="no"><p:b p:c="1"><p:d xmlns:q="urn:2" q:e="&quot;"/></p:b><p:b/></a>'
    expect(canonical(text)).toBe(
      '<a xml:lang="no"><n1:b xmlns:n1="urn:1" n1:c="1"><n1:d xmlns:n2="urn:2" n2:e="&quot;"></n1:d></n1:b>' +
        '<n1:b xmlns:n1="urn:1"></n1:b></a>',
    )
  })

  it('makes the same of its own result', () => {
    const once = canonical('<x:a xmlns:x="urn:1">1<b xmlns="urn:2"> <c/> </b>&#13;<![CDATA[<]]></x:a>')
    expect(canonical(once)).toBe(once)
  })

  it("gives a property's own namespace the prefix p", () => {
    const property = parseXml('<x:list xmlns:x="urn:1" xmlns:y="urn:2"><x:item/><y:item/></x:list>')
    expect(innerXml(property)).toBe('<p:item></p:item><n2:item xmlns:n2="urn:2"></n2:item>')
  })

  it('keeps white space that is all there is', () => {
    expect(canonical('<a> </a>')).toBe('<a> </a>')
  })
})
