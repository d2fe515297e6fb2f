import { TestCluster } from './test-cluster.ts'
import { TestDomain } from './test-domain.ts'
import type { TestInstallation, TestInstallationOptions } from './test-installation.ts'

/** The shapes that an installation can have, all of which are to behave alike: for `describe.each`. */
export const deployments: readonly {
  readonly deployment: string
  readonly start: (options?: TestInstallationOptions) => Promise<TestInstallation>
}[] = [
  { deployment: 'one process', start: (options) => TestDomain.start(options) },
  { deployment: 'a cluster', start: (options) => TestCluster.start(options) },
]
