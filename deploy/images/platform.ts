/** What differs between the machines that images are built on, and for. */
export interface Platform {
  /** As images name it. */
  readonly architecture: string
  /** Where a program's loader must be, as every program says. */
  readonly loader: string
  /** A folder in which that loader looks for libraries without being told. */
  readonly libraryFolder: string
}

const platforms: Readonly<Record<string, Platform>> = {
  x64: { architecture: 'amd64', loader: '/lib64/ld-linux-x86-64.so.2', libraryFolder: '/lib/x86_64-linux-gnu' },
  arm64: { architecture: 'arm64', loader: '/lib/ld-linux-aarch64.so.1', libraryFolder: '/lib/aarch64-linux-gnu' },
}

/** The platform of this machine; throws on one that we do not know. */
export function thisPlatform(): Platform {
  const platform = platforms[process.arch]
  if (process.platform !== 'linux' || platform === undefined)
    throw new Error(`images are built on Linux, x64 or arm64, not on ${process.platform} ${process.arch}`)
  return platform
}
