/**
 * A vitest reporter for scripts/test.mjs: counts, and why a test was skipped (`context.skip('reason')`),
 * which vitest's own JSON reporter leaves out. It writes to the file named by SKEIN_TEST_SUMMARY.
 */
import { writeFileSync } from 'node:fs';

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that does not even load has no tests; it counts as one failure. So does a failing hook.
      summary.failed += module.errors().length;
      for (const suite of module.children.allSuites()) summary.failed += suite.errors().length;
      for (const test of module.children.allTests()) count(summary, test);
    }
    writeFileSync(process.env.SKEIN_TEST_SUMMARY, JSON.stringify(summary));
  }
}

function count(summary, test) {
  const { state, note } = test.result();
  if (state === 'passed') summary.passed++;
  else if (state === 'failed') summary.failed++;
  else summary.skipped.push({ name: test.fullName, reason: note });
}
