import { describe, expect, it } from 'vitest'
import { serveConfig } from './config.ts'
import { ConfigError } from './load-config.ts'
import { createLogger } from './logger.ts'
import { assertPlainHttpAllowed } from './plain-http.ts'

/** What is logged when `at` is judged; throws as it does. */
function judge(at: string, insecurePlainHttp = false): readonly string[] {
  const lines: string[] = []
  const config = serveConfig.parse({ domains: [{ name: 'im.example.com' }], data: 'd', users: 'u', insecurePlainHttp })
  assertPlainHttpAllowed(at, config, createLogger('info', { write: (line: string) => void lines.push(line) }))
  return lines
}

describe('plain HTTP', () => {
  it.each(['127.0.0.1:80', '127.3.2.1:80', '[::1]:80', 'localhost:80'])('is fine on %s', (at) => {
    expect(judge(at)).toEqual([])
  })

  it.each(['10.0.0.1:80', '172.16.0.1:80', '192.168.1.1:80', '[fd00::1]:80', '[fe80::1]:80'])(
    'is tolerated with a warning on %s',
    (at) => {
      expect(judge(at)).toMatchObject([expect.stringContaining('"event":"listen.plain"')])
    },
  )

  it.each(['*:80', '0.0.0.0:80', '[::]:80', '8.8.8.8:80', '172.32.0.1:80', '[2001:db8::1]:80', 'im.example.com:80'])(
    'needs an explicit word on %s',
    (at) => {
      expect(() => judge(at)).toThrow(ConfigError)
      expect(judge(at, true)).toHaveLength(1)
    },
  )
})
