import { spawnSync } from 'node:child_process'
import { createReadStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const build = join(import.meta.dirname, '../../../../deploy/images/build.ts')

/** The image of all roles, built from Debian's packages and ours, as a registry keeps it: compressed by gzip at its usual level. */
export const imageSize: Workload<Settings> = {
  name: 'image-size',
  issue: 5,
  async run({ directory }) {
    const folder = join(directory, 'images')
    mkdirSync(folder)
    const words = [build, '--output', folder, '--prefix', 'parley-', 'parley']
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`the image cannot be built: ${stderr}`)
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
