import { readFileSync } from 'node:fs'

/** The version of Parley: that of this package, which all others share. */
export function parleyVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
