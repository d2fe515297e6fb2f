import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { certificateDates } from './certificate-dates.ts'

const certificate = `-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUAxl7UdCzjYt28R+YUEaK1H8OlsgwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaW0uZXhhbXBsZS5jb20wHhcNMjYxMTIzMTM0MTIxWhcNMzYx
MTIwMTM0MTIxWjAZMRcwFQYDVQQDDA5pbS5leGFtcGxlLmNvbTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABAxUzVNiL8DLwNS8P3LDRGeOqvJthOLWOoJddRNjwwt4
bGrI4lTDHaKYgz/CjLWYBuNoB/Y8y3+SBL/l6ass1FyjUzBRMB0GA1UdDgQWBBQM
UJIbP4IPL6fJSncfbrDaUKSRkTAfBgNVHSMEGDAWgBQMUJIbP4IPL6fJSncfbrDa
UKSRkTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBfP9PA4QRkp
mCi0knMTY4ZC6+D/vF8VFH4/znS7KbnKAiBZBF6rxWJvGUioe2wsGdoPbXB99KKz
bv4xCIphzO1euw==
-----END CERTIFICATE-----`

const folder = mkdtempSync(join(tmpdir(), 'parley-certificate-dates-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('finds every certificate that a configuration names with its key, and leaves out what cannot be read', () => {
  const cert = join(folder, 'cert.pem')
  writeFileSync(cert, certificate)
  const pair = { cert, key: 'unread.pem' }
  const expiresAt = Date.parse('2036-11-20T13:41:21Z')
  const config = {
    listen: [{ at: '127.0.0.1:80' }, { at: '127.0.0.1:443', tls: pair }],
    cluster: { tls: { ...pair, ca: 'ca.pem' } },
    redis: { tls: { ca: cert } },
    federation: {
      client: { cert: join(folder, 'absent.pem'), key: 'unread.pem' },
      listen: { tls: { cert: folder, key: '' } },
    },
  }
  expect(certificateDates(config)).toEqual([
    { setting: 'listen[1].tls', expiresAt },
    { setting: 'cluster.tls', expiresAt },
  ])
})
