import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate that vouches for itself, and its key, as PEM text. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

export interface TestCertificateOptions {
  /** What it is for, e.g. `IP:127.0.0.1` or `DNS:directory.example.com`; both of loopback by default. */
  readonly names?: readonly string[]
  /** Whether its time is over. */
  readonly expired?: boolean
}

/** Makes a certificate for a server of a test, with OpenSSL. */
export function createTestCertificate({
  names = ['IP:127.0.0.1', 'DNS:localhost'],
  expired = false,
}: TestCertificateOptions = {}): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-certificate-'))
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
    const subject = ['-subj', '/CN=a server of a test', '-addext', `subjectAltName=${names.join(',')}`]
    openssl('req', '-x509', ...key, ...subject, '-days', '2', '-out', 'cert.pem')
    // A certificate that is signed anew with its own key may end in the past; a new one may not.
    if (expired) openssl('x509', '-in', 'cert.pem', '-signkey', 'key.pem', '-days', '-1', '-out', 'cert.pem')
    return { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
