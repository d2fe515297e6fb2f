import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Real programs start slowly on a busy machine; every wait inside a test has a shorter limit of its own.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each test file runs a server and up to three clients.
    maxWorkers: 2,
  },
})
