import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test-e2e/**/*.test.ts'],
    // Those in containers need a Docker engine, and images (vitest.containers.config.ts).
    exclude: ['**/node_modules/**', 'test-e2e/containers/*.test.ts'],
    pool: 'forks',
    // NOTE: real clients have ports and files of their own, and two cores are soon busy.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
