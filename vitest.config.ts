import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    // The keys of whoever runs the tests are not theirs to use.
    env: { XDG_CONFIG_HOME: '/nonexistent', SKEIN_KEY: '', SKEIN_KEY_FILE: '' },
  },
});
