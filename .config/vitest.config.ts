import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/tests/**/*.test.ts',
      '.ci/**/*.test.ts',
      'deploy/**/*.test.ts',
    ],
    pool: 'threads',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
