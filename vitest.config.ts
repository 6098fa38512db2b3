import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two at a time everywhere: more do not go faster on small machines and make timing tests flicker.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'api',
          include: [
            'server/src/**/*.test.ts',
            'shared/src/**/*.test.ts',
            'test/**/*.test.ts',
            'web/**/*.test.ts',
            'scripts/**/*.test.mjs',
          ],
          globalSetup: ['test/cluster.setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['test/cluster.setup.ts', 'test/browser.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
