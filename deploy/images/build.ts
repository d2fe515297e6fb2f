/** Builds container images from Debian packages, without any image registry: see README.md, or `--help`. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ImageDescription, imageDescriptions, imageName, versionOf } from './descriptions.ts'
import { writeImage } from './image-archive.ts'
import { installedPackages, type PackageSource, unpackedPackages } from './package-source.ts'
import { type Platform, thisPlatform } from './platform.ts'
import { layOut } from './root-file-system.ts'
import { run } from './run.ts'

const names = imageDescriptions.map(({ name }) => name)
const help = `Builds container images from Debian packages: a program, its shared libraries, and no more.

  node deploy/images/build.ts [options] [name ...]

Names (all if none is given): ${names.join(', ')}
Options:
  --load             give the images to the Docker engine of this machine ("docker load")
  --output <folder>  leave them there as files, e.g. parley-redis.tar, to carry elsewhere, each with its bill of materials,
                     e.g. parley-redis.cdx.json
  --tree <folder>    lay the files of one image out in this folder, which must be empty, and make no image (for deploy/Dockerfile)
  --debs <folder>    take programs and libraries from the .deb files in this folder, not from the packages installed here
  --prefix <text>    what image names begin with: "parley-" if not given; the image of Parley itself has only that as its name
  --revision <id>    the commit, for the label org.opencontainers.image.revision
  --tag <text>       "latest" if not given
  --help             print this`

function main(words: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      load: { type: 'boolean', default: false },
      output: { type: 'string' },
      tree: { type: 'string' },
      revision: { type: 'string' },
      debs: { type: 'string' },
      prefix: { type: 'string', default: 'parley-' },
      tag: { type: 'string', default: 'latest' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help)
    return
  }
  if (!values.load && values.output === undefined && values.tree === undefined)
    throw new Error('nothing to do: --load, --output or --tree (see --help)')

  const wanted = (positionals.length === 0 ? names : positionals).map(describe)
  const platform = thisPlatform()
  using cleanUp = new DisposableStack()
  const source = cleanUp.use(values.debs === undefined ? installedPackages() : unpackedPackages(values.debs))
  if (values.tree !== undefined) {
    writeTree(wanted, source, platform, values.tree)
    return
  }
  const folder = values.output ?? cleanUp.adopt(mkdtempSync(join(tmpdir(), 'parley-images-')), removeFolder)
  mkdirSync(folder, { recursive: true })
  for (const description of wanted) {
    const name = imageName(description, values.prefix)
    const reference = `${name}:${values.tag}`
    // NOTE: a name may begin with a registry, and slashes are no part of a file's name.
    const path = join(folder, basename(name))
    const file = `${path}.tar`
    const { id, sbom } = writeImage(description, source, platform, { reference, file, revision: values.revision })
    writeFileSync(`${path}.cdx.json`, sbom)
    const megabytes = (statSync(file).size / 1e6).toFixed(1)
    console.log(`${reference} sha256:${id.slice(0, 12)} ${megabytes} MB, ${versionOf(description, source)}`)
    if (values.load) run('docker', 'load', '--quiet', '--input', file)
  }
}

function writeTree(
  wanted: readonly ImageDescription[],
  source: PackageSource,
  platform: Platform,
  folder: string,
): void {
  const [description] = wanted
  if (description === undefined || wanted.length > 1) throw new Error(`--tree takes one name: ${names.join(', ')}`)
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`)
  mkdirSync(folder, { recursive: true })
  layOut(description, source, platform, folder)
}

function describe(name: string): ImageDescription {
  const description = imageDescriptions.find((each) => each.name === name)
  if (description === undefined) throw new Error(`no image is called ${name}: ${names.join(', ')}`)
  return description
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true })
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
