import { describe, expect, it } from 'vitest'
import { checkImports, mayImport, readImports } from './import-direction.ts'

const manifest = (name: string, dependencies: readonly string[] = [], doors: readonly string[] = ['.']) => ({
  path: `packages/${name}/package.json`,
  text: JSON.stringify({
    name: `@parley/${name}`,
    exports: Object.fromEntries(doors.map((door) => [door, './src/index.ts'])),
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, 'workspace:*'])),
  }),
})
const messages = (files: Parameters<typeof checkImports>[0]) => checkImports(files).map(({ message }) => message)

describe('import direction', () => {
  it('reads every form of import', () => {
    const text = [
      "import { a } from '@parley/a'",
      "import type { B } from './b.ts'",
      'import {\n  c,\n  type D,\n} from "./c.ts"',
      "export { e } from './e.ts'",
      "import './f.ts'",
      "const g = await import('./g.ts')",
      'const notOne = \'from "nowhere"\'',
    ].join('\n')
    const found = readImports(text)
    expect(found.map(({ specifier }) => specifier)).toEqual([
      '@parley/a',
      './b.ts',
      './c.ts',
      './e.ts',
      './f.ts',
      './g.ts',
    ])
    expect(found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier)).toEqual(['./b.ts'])
    expect(found.map(({ line }) => line)).toEqual([1, 2, 6, 7, 8, 9])
  })

  it('lets imports run one way', () => {
    expect(mayImport('home', 'domain', false)).toBe(true)
    expect(mayImport('server', 'adapter-lmdb', false)).toBe(true)
    expect(mayImport('adapter-lmdb', 'domain', false)).toBe(true)
    expect(mayImport('domain', 'home', false)).toBe(false)
    expect(mayImport('home', 'adapter-lmdb', false)).toBe(false)
    expect(mayImport('http', 'auth', false)).toBe(false)
    expect(mayImport('server', 'testkit', false)).toBe(false)
    expect(mayImport('client', 'domain', false)).toBe(false)
    expect(mayImport('testkit', 'bench', false)).toBe(false)
  })

  it('lets tests use testkit and adapters', () => {
    expect(mayImport('home', 'adapter-lmdb', true)).toBe(true)
    expect(mayImport('server', 'testkit', true)).toBe(true)
    expect(mayImport('domain', 'home', true)).toBe(false)
  })

  it('finds undeclared imports and imports past the doors', () => {
    const files = [
      manifest('domain', ['@parley/protocol']),
      manifest('protocol', [], ['.', './contracts']),
      {
        path: 'packages/domain/src/a.ts',
        text: [
          "import { a } from '@parley/protocol'",
          "import { b } from '@parley/protocol/contracts'",
          "import { c } from '@parley/protocol/src/c.ts'",
          "import { d } from 'zod'",
          "import { e } from 'node:fs'",
        ].join('\n'),
      },
    ]
    expect(messages(files)).toEqual([
      '@parley/protocol/src/c.ts is not a door of @parley/protocol',
      'zod is not declared in the package.json',
    ])
  })

  it('lets tests of the whole import what builds, checks and installs it, and nobody else', () => {
    const text = "import '../../deploy/images/a.ts'\nimport '../../.ci/b.ts'"
    expect(messages([{ path: 'test-e2e/helm/a.ts', text }])).toEqual([])
    expect(
      messages([
        { path: 'packages/domain/a.ts', text: '' },
        { path: 'packages/domain/src/a.ts', text },
      ]),
    ).toHaveLength(2)
  })

  it('finds relative imports that leave the package or lack their ending', () => {
    const text = "import '../../protocol/src/a.ts'\nimport './b'\nimport './c.ts'"
    expect(messages([{ path: 'packages/domain/src/a.ts', text }])).toEqual([
      '../../protocol/src/a.ts leaves the package',
      './b lacks its ending',
    ])
  })

  it('finds circles of files, but not of types', () => {
    const circle = [
      { path: 'packages/domain/src/a.ts', text: "import { b } from './b.ts'" },
      { path: 'packages/domain/src/b.ts', text: "import { a } from './a.ts'" },
    ]
    expect(messages(circle)).toEqual([
      expect.stringContaining('a.ts -> packages/domain/src/b.ts -> packages/domain/src/a.ts'),
    ])
    const [first] = circle
    const types = { path: 'packages/domain/src/b.ts', text: "import type { a } from './a.ts'" }
    expect(messages([first ?? types, types])).toEqual([])
  })
})
