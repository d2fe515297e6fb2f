import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'

/** A value in values.yaml that has a comment of its own (`# -- …`), or that should have one. */
export interface DocumentedValue {
  /** Keys from the outermost one on. */
  readonly path: readonly string[]
  /** Absent where there is no comment. */
  readonly description?: string
  readonly value: unknown
}

/** All values of a values.yaml in their order. What has a comment of its own is one value, however much is in it. */
export function documentedValues(text: string): DocumentedValue[] {
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem) throw problem
  const lines = text.split('\n')
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length - 1
  const read = (map: YAMLMap, above: readonly string[]): DocumentedValue[] =>
    map.items.flatMap(({ key, value }) => {
      if (!isScalar(key) || !key.range) throw new Error(`a key below ${above.join('.')} is no word`)
      const path = [...above, String(key.value)]
      const description = commentAbove(lines, lineAt(key.range[0]))
      if (description === undefined && isMap(value) && value.items.length > 0) return read(value, path)
      return [{ path, ...(description !== undefined && { description }), value: document.getIn(path, false) }].map(
        (each) => ({ ...each, value: plain(each.value) }),
      )
    })
  if (!isMap(document.contents)) throw new Error('there are no values')
  return read(document.contents, [])
}

/** The text of the comment that ends above a line, from its last `# -- ` on. */
function commentAbove(lines: readonly string[], line: number): string | undefined {
  const words: string[] = []
  for (let index = line - 1; index >= 0; index -= 1) {
    const comment = /^\s*# ?(-- )?(.*)$/.exec(lines[index] ?? '')
    if (!comment) return undefined
    words.unshift((comment[2] ?? '').trim())
    if (comment[1] !== undefined) return words.join(' ').trim()
  }
  return undefined
}

function plain(node: unknown): unknown {
  return typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function'
    ? (node.toJSON() as unknown)
    : node
}
