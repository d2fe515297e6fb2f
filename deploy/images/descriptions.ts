/** What goes into an image, and what it runs. */
export interface ImageDescription {
  /** The end of the image's name. */
  readonly name: string
  readonly title: string
  /** Debian packages that `programs` come from; the first one's version is the image's. */
  readonly packages: readonly [string, ...string[]]
  /** Paths of programs. What they need besides shared libraries must be said here too; nothing else gets in. */
  readonly programs: readonly string[]
  /** The program that runs, with arguments that nobody should have to give. */
  readonly entrypoint: readonly string[]
  readonly ports: readonly number[]
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
]
