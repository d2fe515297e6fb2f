/** What decides whether a version can be released. */
export interface ReleaseFacts {
  readonly version: string
  /** Lines of `git status --porcelain`. */
  readonly changes: readonly string[]
  /** Files in .changeset that no version has taken up. */
  readonly changesets: readonly string[]
  readonly changelog: string
  readonly tags: readonly string[]
  /** What the check of versions found. */
  readonly disagreements: readonly string[]
  readonly hasHelm: boolean
}

/** The tag of a version. */
export function tagOf(version: string): string {
  return `v${version}`
}

/** All that stands in the way of a release. */
export function obstacles(facts: ReleaseFacts): string[] {
  const { version, changes, changesets, changelog, tags, disagreements, hasHelm } = facts
  return [
    ...(changes.length > 0 ? [`${changes.length} files are not as committed, e.g. ${changes[0]?.trim()}`] : []),
    ...(changesets.length > 0
      ? [`changes wait for a version: ${changesets.join(', ')}; run "npm run new-version"`]
      : []),
    ...(changelog.split('\n').includes(`## ${version}`) ? [] : [`the changelog has nothing about ${version}`]),
    ...(tags.includes(tagOf(version)) ? [`${tagOf(version)} is released already`] : []),
    ...disagreements,
    ...(hasHelm ? [] : ['helm, which packs the chart, is not there']),
  ]
}
