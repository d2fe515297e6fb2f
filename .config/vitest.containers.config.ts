import { defineConfig } from 'vitest/config'
import e2e from './vitest.e2e.config.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...e2e.test,
    // What needs a Docker engine and the images of deploy/images.
    include: ['test-e2e/containers/*.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
})
