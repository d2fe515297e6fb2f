import { defineConfig } from 'vitest/config'
import e2e from './vitest.e2e.config.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: { ...e2e.test, include: ['test-e2e/faults/**/*.test.ts'] },
})
