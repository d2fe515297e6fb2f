const legalTexts = /^(?:licen[cs]e|copying|copyright|notice)/i
// Types, maps, sources of native parts and texts for people; a package's TypeScript could not even run (Node strips no types there).
const needlessEndings = /\.(?:[cm]?ts|map|md|markdown|html|yml|yaml|c|cc|cpp|h|gyp|gypi|zip|flow|tsbuildinfo)$/
// NOTE: only at a package's top; yaml has code that runs in dist/doc.
const needlessFolders = /^(?:tests?|__tests__|docs?|examples?|bench(?:marks?)?|fixtures|coverage|\.[^/]+)\//

/**
 * Whether the application can do without a file of somebody else's package; `path` is relative to the package. Licences and
 * notices are never needless: whoever passes an image on must pass them on, too.
 */
export function isNeedless(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (legalTexts.test(name)) return false
  return needlessFolders.test(path) || needlessEndings.test(name) || isForeignBinary(name)
}

/** Ready-made binaries carry in their names what they are for: e.g. `node.abi127.musl.node`; ours takes `node.napi.glibc.node`. */
function isForeignBinary(name: string): boolean {
  if (!name.endsWith('.node')) return false
  const [, abi] = /\.abi(\d+)\./.exec(name) ?? []
  return name.includes('.musl.') || (abi !== undefined && abi !== process.versions.modules)
}
