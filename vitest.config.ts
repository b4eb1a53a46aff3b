import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/temporary-folder.ts',
    // the checks of all vignettes take their time where two cores share the work
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // by default one core stays idle: on a machine of two that doubles the time
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/start.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
