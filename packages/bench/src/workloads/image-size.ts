import { createReadStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { buildParley } from '../parley-image.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

/** The image of all roles, built from Debian's packages and ours, as a registry keeps it: compressed by gzip at its usual level. */
export const imageSize: Workload<Settings> = {
  name: 'image-size',
  issue: 5,
  async run({ directory }) {
    const folder = join(directory, 'images')
    mkdirSync(folder)
    buildParley(['--output', folder, '--prefix', 'parley-'])
    let [plain, compressed] = [0, 0]
    const archive = createReadStream(join(folder, 'parley.tar'))
    archive.on('data', ({ length }) => (plain += length))
    for await (const piece of archive.pipe(createGzip())) compressed += (piece as Buffer).length
    return [
      {
        workload: 'image of all roles, compressed',
        figure: compressed / 1e6,
        unit: 'MB',
        bar: { atMost: 90 },
        note: `${(plain / 1e6).toFixed(0)} MB before; gzip`,
      },
    ]
  },
}
