import { describe, expect, it } from 'vitest'
import { isNeedless } from './needless-files.ts'

describe('what the image leaves out of packages', () => {
  it('is what only development reads', () => {
    for (const path of [
      'dist/index.d.ts',
      'dist/index.js.map',
      'README.md',
      'test/a.js',
      'docs/api.js',
      'src/lmdb.cpp',
    ])
      expect([path, isNeedless(path)]).toEqual([path, true])
  })

  it('is never what runs', () => {
    for (const path of ['index.js', 'dist/doc/Document.js', 'lib/test.js', 'package.json', 'data.json', 'x.wasm'])
      expect([path, isNeedless(path)]).toEqual([path, false])
  })

  it('is never a licence, whatever its ending and folder', () => {
    for (const path of ['LICENSE', 'LICENSE.md', 'licence.txt', 'NOTICE.md', 'docs/LICENSE.md'])
      expect([path, isNeedless(path)]).toEqual([path, false])
  })

  it('is a binary for another library of C or another Node', () => {
    expect(isNeedless('node.napi.musl.node')).toBe(true)
    expect(isNeedless('node.abi1.glibc.node')).toBe(true)
    expect(isNeedless('node.napi.glibc.node')).toBe(false)
    expect(isNeedless(`node.abi${process.versions.modules}.glibc.node`)).toBe(false)
  })
})
