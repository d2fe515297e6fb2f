import { applicationVersions, layOutApplication, mainFile, nodeProgram } from './application.ts'
import { applicationBill } from './application-bill.ts'
import type { PackageSource } from './package-source.ts'
import type { ApplicationBill } from './sbom.ts'

/** What goes into an image, and what it runs. */
export interface ImageDescription {
  /** What `build.ts` calls it, and the end of the image's name; that of an application is the beginning alone. */
  readonly name: string
  readonly title: string
  /** Debian packages that must be there; the first gives the image its version, if it has no application. */
  readonly packages: readonly [string, ...string[]]
  /** Paths of programs. What they need besides shared libraries must be said here too; nothing else gets in. */
  readonly programs: readonly string[]
  /** What comes from this repository, not from Debian. */
  readonly application?: Application
  /** The program that runs, with arguments that nobody should have to give. */
  readonly entrypoint: readonly string[]
  readonly ports: readonly number[]
}

/** A part of an image that this repository holds. */
export interface Application {
  /** The image's version; else it is that of the first package. */
  readonly version: string
  /** What it is made of besides Debian's packages. */
  readonly bill: () => ApplicationBill
  /** Puts all files into a folder that stands for `/`. */
  readonly layOut: (folder: string) => void
  /** Paths of its programs, whose shared libraries are wanted. */
  readonly programs: readonly string[]
}

/** Every image that can be built, as few as a cluster needs. */
export const imageDescriptions: readonly ImageDescription[] = [
  {
    name: 'redis',
    title: 'Redis, from Debian',
    packages: ['redis-server', 'redis-tools'],
    programs: ['/usr/bin/redis-server', '/usr/bin/redis-cli'],
    entrypoint: ['/usr/bin/redis-server'],
    ports: [6379],
  },
  {
    name: 'nats',
    title: 'NATS server, from Debian',
    packages: ['nats-server'],
    programs: ['/usr/sbin/nats-server'],
    entrypoint: ['/usr/sbin/nats-server'],
    ports: [4222, 6222, 8222],
  },
  {
    name: 'parley',
    title: 'Parley, every role of the one command',
    packages: ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'],
    programs: [],
    application: {
      version: applicationVersions().parley,
      bill: () => applicationBill(applicationVersions().node),
      layOut: layOutApplication,
      programs: [nodeProgram],
    },
    entrypoint: [nodeProgram, '--max-semi-space-size=64', mainFile],
    ports: [8080, 8180, 8443, 8643, 9464],
  },
]

/** The name of an image, e.g. `parley` and `parley-redis` for the prefix `parley-`. */
export function imageName({ name, application }: ImageDescription, prefix: string): string {
  return application === undefined ? `${prefix}${name}` : prefix.replace(/-$/, '')
}

/** The version of an image: that of the application, or of the first package. */
export function versionOf({ application, packages }: ImageDescription, source: PackageSource): string {
  return application?.version ?? source.versionOf(packages[0])
}
