/** Scenarios in virtual time: in order, repeatable, and failed where an expectation is not met. */
import { describe, expect, test } from 'vitest';
import { readScenario } from '../../src/sim/run/scenario/parse.ts';
import { runScenario } from '../../src/sim/run/scenario/run-scenario.ts';
import { formatScenario } from '../../src/sim/run/scenario/scenario-report.ts';
import { readScenarioFile, scenarioFiles } from './both-worlds.ts';

const threeTogether = [{ start: 'all' }, { expect: { together: 'all' } }];

async function play(steps: readonly unknown[], nodes: unknown = 3) {
  return (await runScenario(readScenario({ nodes, steps }))).report;
}

describe('every example goes well with other seeds', () => {
  test.each(scenarioFiles())('%s', async (file) => {
    for (const seed of [2, 3, 4]) {
      const { report } = await runScenario(readScenarioFile(file), { seed, file });
      expect(formatScenario(report)).toContain('no failures');
    }
  });
});

test('the same seed gives the same run, another seed another', async () => {
  const scenario = readScenarioFile('partition.json');
  const [first, again, other] = await Promise.all(
    [5, 5, 6].map(async (seed) => (await runScenario(scenario, { seed })).report),
  );
  expect(again).toEqual(first);
  expect(other?.traceHash).not.toBe(first?.traceHash);
});

test('a node without discovery is found by nobody, and finds only whom it knows', async () => {
  const nodes = { a: {}, b: {}, hermit: { discovery: false }, friend: { discovery: false, connect: 'a' } };
  const expectation = { together: ['a,b,friend', 'hermit'], components: 2 };
  const report = await play([{ start: 'all' }, { expect: expectation, within: '20s', for: '60s' }], nodes);
  expect(report.failures).toEqual([]);
});

test('the command that repeats a run keeps a path with spaces together', async () => {
  const { report } = await runScenario(readScenarioFile('leave.json'), {
    file: "my runs/it's.json",
    seed: 9,
  });
  expect(report.repeat).toBe("skein sim 'my runs/it'\\''s.json' --seed 9");
});

test('an expectation that is not met fails the run, names its step, and the play goes on', async () => {
  const report = await play([
    ...threeTogether,
    { expect: { components: 2 }, within: '1s' },
    { broadcast: 'n1', as: 'after all', outcome: 'delivered' },
    { expect: { delivered: { 'after all': 'all' } } },
  ]);
  expect(report.failures).toEqual([
    expect.stringMatching(
      /^steps\[2\] at [\d.]+ s: not within 1 s: components 2: the network has 1 component/,
    ),
  ]);
  expect(report.log.at(-1)).toMatchObject({ text: 'delivered after all: all', met: true });
  expect(formatScenario(report)).toMatch(
    /FAILED: 1 failure\n {2}steps\[2\].*\nrepeat with: skein sim FILE --seed 1$/,
  );
});

test('a sender that is told something else than expected fails the run', async () => {
  const report = await play([
    ...threeTogether,
    { crash: 'n3' },
    { send: 'n1', to: 'n3', as: 'late', timeout: '1s', outcome: 'delivered' },
  ]);
  expect(report.failures).toEqual([
    expect.stringMatching(/^steps\[3\] .*: expected delivered, but late: SKEIN_UNDELIVERED, missing n3$/),
  ]);
});

test('an expectation must hold for as long as it says', async () => {
  const report = await play([
    ...threeTogether,
    { partition: ['n1'], as: 'cut' },
    { expect: { together: 'all' }, for: '10s' },
  ]);
  expect(report.failures).toEqual([expect.stringContaining('not for 10 s')]);
});

test('steps keep their times, and what has a duration ends by itself', async () => {
  const { log } = await play([
    ...threeTogether,
    { at: '5s', partition: ['n1'], as: 'cut', for: '3s' },
    { after: '1s', pause: 'n2', for: '500ms' },
    { at: '9s', crash: 'n3' },
  ]);
  const times = log.filter(({ text }) => !text.startsWith('together')).map(({ at, text }) => `${at} ${text}`);
  expect(times).toEqual([
    '0 start n1,n2,n3',
    '5000 partition n1',
    '6000 pause n2',
    '6500 resume n2',
    '8000 cut is over',
    '9000 crash n3',
  ]);
});

test('the figures say how fast a crash was known and a partition healed', async () => {
  const { figures } = await play([
    ...threeTogether,
    { at: '3s', partition: ['n1'], as: 'cut', for: '10s' },
    { at: '30s', crash: 'n3' },
    { expect: { together: 'all' } },
  ]);
  expect(figures.allKnewAllMs).toBeLessThan(1000);
  expect(figures.heals).toEqual([{ cause: 'cut is over', at: 13_000, ms: expect.any(Number) }]);
  expect(figures.heals[0]?.ms).toBeLessThan(15_000);
  expect(figures.detections).toEqual([{ cause: 'crash n3', at: 30_000, ms: expect.any(Number) }]);
  expect(figures.detections[0]?.ms).toBeLessThan(1000);
});
