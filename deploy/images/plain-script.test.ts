import { describe, expect, it } from 'vitest'
import { plainManifest, plainScript } from './plain-script.ts'

describe('A script without its types', () => {
  it('has its lines and columns where they were', () => {
    const source = "const a: number = 1\ninterface B {\n  c: string\n}\nthrow new Error('here' as string)\n"
    const plain = plainScript(source)
    expect(plain.replaceAll(/ +/g, ' ')).toBe("const a = 1\n \n \n \nthrow new Error('here' )\n")
    expect(plain.split('\n').map((line) => line.length)).toEqual(source.split('\n').map((line) => line.length))
  })

  it('imports others without theirs, in each of the forms that there are, and packages as before', () => {
    const forms = [
      ["import { a } from './a.ts'", "import { a } from './a.js'"],
      ["import {\n  a,\n} from '../b/a.ts'", "import {\n  a,\n} from '../b/a.js'"],
      ["export { a } from './a.ts'", "export { a } from './a.js'"],
      ["import './a.ts'", "import './a.js'"],
      ["await import('./a.ts')", "await import('./a.js')"],
      ["import { a } from 'a.ts'", "import { a } from 'a.ts'"],
      ["const a = 'a.ts'", "const a = 'a.ts'"],
    ]
    for (const [source = '', plain] of forms) expect(plainScript(source)).toBe(plain)
  })

  it('is what the manifest of its package leads to', () => {
    const manifest = '{ "name": "a.ts", "exports": { ".": "./src/index.ts", "./node": "./src/node.ts" } }'
    expect(plainManifest(manifest)).toBe(
      '{ "name": "a.ts", "exports": { ".": "./src/index.js", "./node": "./src/node.js" } }',
    )
  })
})
