import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Files of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** An authority of a test's own, made with OpenSSL in `folder`. */
export class TestAuthority {
  /** Its certificate. */
  readonly file: string
  readonly #folder: string
  readonly #name: string
  #count = 0

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
    this.file = join(folder, `${name}.pem`)
    this.#openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      this.file,
    )
  }

  /** A certificate for one DNS name, for servers and clients. */
  certificateFor(dnsName: string): CertificateFiles {
    this.#count += 1
    const stem = `${this.#name}-${this.#count}`
    const [cert, key] = [join(this.#folder, `${stem}.pem`), join(this.#folder, `${stem}.key`)]
    this.#openssl('req', ...newKey, '-subj', '/CN=an IM domain', '-keyout', key, '-out', `${stem}.csr`)
    writeFileSync(join(this.#folder, `${stem}.ext`), `subjectAltName=DNS:${dnsName}\n`)
    const signing = ['-CA', this.file, '-CAkey', `${this.#name}.key`, '-CAcreateserial', '-days', '2']
    this.#openssl('x509', '-req', '-in', `${stem}.csr`, ...signing, '-extfile', `${stem}.ext`, '-out', cert)
    return { cert, key }
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'ignore' })
  }
}
