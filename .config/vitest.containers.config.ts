import { defineConfig } from 'vitest/config'
import e2e from './vitest.e2e.config.ts'

/** What needs a Docker engine and the images of deploy/images. */
export const containerTests = ['test-e2e/containers/*.test.ts']

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: { ...e2e.test, include: containerTests, exclude: [], testTimeout: 180_000, hookTimeout: 180_000 },
})
