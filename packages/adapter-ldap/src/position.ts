import { CookieUselessError } from '@parley/domain'

/** Reads an object that was kept as JSON. Throws CookieUselessError. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // As any other text that is none of ours.
  }
  throw new CookieUselessError('the text was not made by this source')
}
