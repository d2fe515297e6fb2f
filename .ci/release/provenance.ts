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

/** What provenance tells people of where files come from. */
export type StatedOrigin = Pick<Origin, 'version' | 'revision' | 'builder'>

/** What provenance is written as. */
export interface Statement {
  readonly _type: typeof statementType
  readonly subject: readonly Material[]
  readonly predicateType: typeof predicateType
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string
      readonly externalParameters: { readonly version: string }
      readonly internalParameters: { readonly node: string }
      readonly resolvedDependencies: readonly Material[]
    }
    readonly runDetails: { readonly builder: { readonly id: string } }
  }
}

interface Material {
  readonly name: string
  readonly digest: Readonly<Record<string, string>>
}

const statementType = 'https://in-toto.io/Statement/v1'
const predicateType = 'https://slsa.dev/provenance/v1'

/**
 * The provenance of artifacts: an in-toto Statement v1 with a predicate of SLSA Provenance v1. It says nothing of when it was made, so that
 * the same build gives the same statement.
 */
export function provenance(artifacts: readonly Artifact[], origin: Origin): Statement {
  const { version, revision, builder, nodeVersion, lockFiles } = origin
  const source = revision === undefined ? [] : [{ name: 'source', digest: { gitCommit: revision } }]
  return {
    _type: statementType,
    subject: artifacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType,
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

/** What a statement says. Undefined if it is not provenance, or does not give each file, in the same folder, a digest. */
export function readProvenance(text: string): { artifacts: readonly Artifact[]; origin: StatedOrigin } | undefined {
  const { _type, subject, predicateType: kind, predicate } = JSON.parse(text) as Statement
  if (_type !== statementType || kind !== predicateType) return undefined
  const artifacts = subject.map(({ name, digest }) => ({ name, sha256: digest.sha256 ?? '' }))
  const isWhole = ({ name, sha256 }: Artifact) => /^[\w-][\w.-]*$/.test(name) && /^[0-9a-f]{64}$/.test(sha256)
  if (artifacts.length === 0 || !artifacts.every(isWhole)) return undefined
  const { externalParameters, resolvedDependencies } = predicate.buildDefinition
  const source = resolvedDependencies.find(({ digest }) => digest.gitCommit !== undefined)
  return {
    artifacts,
    origin: {
      version: externalParameters.version,
      revision: source?.digest.gitCommit,
      builder: predicate.runDetails.builder.id,
    },
  }
}
