import { stripTypeScriptTypes } from 'node:module'

/** `from './x.ts'`, `import './x.ts'` and `import('./x.ts')`, also where the statement spans lines. */
const ownImport = /(\b(?:from|import)\s*\(?\s*(['"])\.[^'"\n]*)\.ts\2/g

/**
 * A script of ours without its types, which imports others of the same kind: what Node makes of it each time it starts, made once. Lines
 * and columns stay what they are in the source.
 */
export function plainScript(source: string): string {
  return stripTypeScriptTypes(source).replace(ownImport, '$1.js$2')
}

/** The package.json of a package of ours whose scripts are plain. */
export function plainManifest(source: string): string {
  return source.replace(/("\.\/src\/[^"\n]*)\.ts"/g, '$1.js"')
}
