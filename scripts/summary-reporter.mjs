/**
 * A vitest reporter for scripts/vitest.mjs: how many tests passed, which failed and why, and why a test was skipped
 * (`context.skip('reason')`), which vitest's own JSON reporter leaves out. It writes to the file named by
 * SKEIN_TEST_SUMMARY.
 */
import { writeFileSync } from 'node:fs';

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = {
      passed: 0,
      failed: unhandledErrors.map((error) => failure('outside of tests', error)),
      skipped: [],
    };
    for (const module of modules) {
      // A file that does not even load has no tests; it counts as one failure. So does a failing hook.
      const { relativeModuleId: file } = module;
      summary.failed.push(...module.errors().map((error) => failure(file, error)));
      for (const suite of module.children.allSuites())
        summary.failed.push(...suite.errors().map((error) => failure(`${file}: ${suite.fullName}`, error)));
      for (const test of module.children.allTests()) count(summary, test, file);
    }
    writeFileSync(process.env.SKEIN_TEST_SUMMARY, JSON.stringify(summary));
  }
}

function count(summary, test, file) {
  const { state, note, errors } = test.result();
  if (state === 'passed') summary.passed++;
  else if (state === 'failed') summary.failed.push(failure(`${file}: ${test.fullName}`, errors?.[0]));
  else summary.skipped.push({ name: test.fullName, reason: note });
}

function failure(name, error) {
  return { name, reason: error?.message ?? 'no reason given' };
}
