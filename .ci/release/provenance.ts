/** A file that is released. */
export interface Artifact {
  readonly name: string
  /** In hexadecimal. */
  readonly sha256: string
}

/** What the artifacts were made from, and by whom. */
export interface Origin {
  readonly version: string
  /** The commit; undefined when what was built is no commit. */
  readonly revision: string | undefined
  /** A URI that names who runs builds, e.g. the CI system. */
  readonly builder: string
  readonly nodeVersion: string
  /** Of the lock files, by path. */
  readonly lockFiles: readonly Artifact[]
}

/**
 * The provenance of artifacts: an in-toto Statement v1 with a predicate of SLSA Provenance v1. It says nothing of when it was made, so that
 * the same build gives the same statement.
 */
export function provenance(artifacts: readonly Artifact[], origin: Origin): object {
  const { version, revision, builder, nodeVersion, lockFiles } = origin
  const source = revision === undefined ? [] : [{ name: 'source', digest: { gitCommit: revision } }]
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: artifacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:parley:build:release:1',
        externalParameters: { version },
        internalParameters: { node: nodeVersion },
        resolvedDependencies: [...source, ...lockFiles.map(({ name, sha256 }) => ({ name, digest: { sha256 } }))],
      },
      runDetails: { builder: { id: builder } },
    },
  }
}
