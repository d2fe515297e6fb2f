import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { temporaryFolder } from '../work-folder.ts'

const run = promisify(execFile)

/** Opens a page in Chromium without a window; resolves with the document as it is then. `more`: further options. */
export async function openInChromium(url: string, more: readonly string[] = []): Promise<string> {
  await using profile = await temporaryFolder('chromium')
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const headless = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile.path}`]
  const { stdout } = await run('chromium', [...headless, ...quiet, ...more, '--dump-dom', url], { timeout: 90_000 })
  return stdout
}
