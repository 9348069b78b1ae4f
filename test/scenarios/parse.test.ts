/** A scenario file that makes no sense is refused in one line that begins with the place of the wrong value. */
import { describe, expect, test } from 'vitest';
import { parseScenario, readScenario } from '../../src/sim/run/scenario/parse.ts';
import { readScenarioFile, scenarioFiles } from './both-worlds.ts';

const start = { start: 'all' };
const withStep = (step: unknown) => ({ nodes: 3, steps: [start, step] });
const refusal = (value: unknown): string => {
  try {
    readScenario(value);
  } catch (problem) {
    expect(problem).toBeInstanceOf(TypeError);
    return (problem as Error).message;
  }
  throw new Error('it was accepted');
};

describe('what is refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['a file that is a list', [], /^expected one JSON object|^nodes: missing|^steps: missing/],
    ['a file without nodes', { steps: [start] }, /^nodes: missing$/],
    ['an unknown field', { nodes: 3, steps: [start], sed: 1 }, /^sed: unknown field; accepted are .*seed/],
    [
      'nodes of no kind',
      { nodes: true, steps: [start] },
      /^nodes: expected a count, a list of names, or an object/,
    ],
    [
      'too many nodes',
      { nodes: 5000, steps: [start] },
      /^nodes: expected a whole number from 1 to 1000, got 5000$/,
    ],
    ['a name that is none', { nodes: ['a', 'b c'], steps: [start] }, /^nodes\[1\]: a name has 1 to 64/],
    ['a name twice', { nodes: ['a', 'a'], steps: [start] }, /^nodes\[1\]: "a" is there twice/],
    [
      'an unknown option of a node',
      { nodes: { a: { degre: 1 } }, steps: [start] },
      /^nodes\.a\.degre: unknown field/,
    ],
    [
      'a seed that is no seed',
      { nodes: 3, seed: 1.5, steps: [start] },
      /^seed: expected a whole number .*got 1\.5$/,
    ],
    [
      'a loss above the limit',
      { nodes: 3, network: { loss: '80%' }, steps: [start] },
      /^network\.loss: expected a loss/,
    ],
    [
      'a latency of a minute',
      { nodes: 3, network: { latency: '1m' }, steps: [start] },
      /^network\.latency: expected .*to 1000 ms/,
    ],
    ['no steps', { nodes: 3, steps: [] }, /^steps: expected at least one step$/],
    ['a step that is none', withStep('crash'), /^steps\[1\]: expected a step/],
    ['a step without a verb', withStep({ at: '1s' }), /^steps\[1\]: says nothing to do.*start, stop, crash/],
    [
      'a step with two verbs',
      withStep({ start: 'n1', crash: 'n2' }),
      /^steps\[1\]: has start and crash; one of them a step$/,
    ],
    [
      'a field that the verb does not take',
      withStep({ crash: 'n1', for: '3s' }),
      /^steps\[1\]\.for: unknown field; accepted are crash, at, after$/,
    ],
    [
      'a time that is none',
      withStep({ crash: 'n1', at: 'soon' }),
      /^steps\[1\]\.at: expected a duration .*got "soon"$/,
    ],
    [
      'a node that is none',
      withStep({ crash: 'n9' }),
      /^steps\[1\]\.crash: there is no "n9"; there are n1, n2, n3$/,
    ],
    [
      'a range that runs backwards',
      withStep({ crash: 'n3..n1' }),
      /^steps\[1\]\.crash: "n3\.\.n1" runs backwards/,
    ],
    [
      'a node on two sides',
      withStep({ partition: ['n1,n2', 'n2,n3'] }),
      /^steps\[1\]\.partition: "n2" is on two sides$/,
    ],
    [
      'a fault that is not there',
      withStep({ heal: 'cut' }),
      /^steps\[1\]\.heal: no fault before this step is called "cut"; there is no fault yet$/,
    ],
    [
      'a message to itself',
      withStep({ send: 'n1', to: 'n1,n2' }),
      /^steps\[1\]\.to: "n1" would send to itself$/,
    ],
    ['a message without recipients', withStep({ send: 'n1' }), /^steps\[1\]\.to: missing$/],
    [
      'an outcome that is none',
      withStep({ broadcast: 'n1', outcome: 'good' }),
      /^steps\[1\]\.outcome: expected "delivered" or a code/,
    ],
    ['an expectation of nothing', withStep({ expect: {} }), /^steps\[1\]\.expect: expects nothing$/],
    [
      'an unknown expectation',
      withStep({ expect: { alive: 'n1' } }),
      /^steps\[1\]\.expect\.alive: unknown field; accepted are together/,
    ],
    [
      'a message never sent',
      withStep({ expect: { delivered: { hi: 'n1' } } }),
      /^steps\[1\]\.expect\.delivered: no message before this step is called "hi"/,
    ],
    [
      'an end without a code',
      withStep({ expect: { ended: { n1: 'badly' } } }),
      /^steps\[1\]\.expect\.ended\.n1: expected a code/,
    ],
    [
      'a twin without a name of its own',
      withStep({ twin: 'n1', as: 'n2' }),
      /^steps\[1\]\.as: "n2" is taken/,
    ],
    ['a twin of nobody', withStep({ twin: 'n9', as: 'x' }), /^steps\[1\]\.twin: there is no "n9"$/],
  ])('%s', (_what, value, line) => {
    const message = refusal(value);
    expect(message).toMatch(line);
    expect(message).not.toContain('\n');
  });

  test('two messages of one name', () => {
    const steps = [start, { broadcast: 'n1', as: 'hi' }, { broadcast: 'n2', as: 'hi' }];
    expect(refusal({ nodes: 3, steps })).toBe('steps[2].as: a message is called "hi" already');
  });

  test('text that is no JSON', () => {
    expect(() => parseScenario('{"nodes": 3,')).toThrow(/^no JSON: /);
  });
});

describe('what is read', () => {
  test('numbered nodes have names of one length', () => {
    const names = readScenario({ nodes: 10, steps: [start] }).members.map(({ name }) => name);
    expect([names[0], names[9]]).toEqual(['n01', 'n10']);
  });

  test('durations and shares in every notation', () => {
    const { steps, network } = readScenario({
      nodes: 1,
      network: { latency: 0.01, loss: 2 },
      steps: [
        { start: 'n1', at: '1.5s' },
        { pause: 'n1', for: '250ms', after: 2 },
        { loss: '10%', for: '1m' },
      ],
    });
    expect(network).toEqual({ latencyMs: 10, loss: 0.02 });
    expect(steps.map(({ at, after }) => [at, after])).toEqual([
      [1500, 0],
      [0, 2000],
      [0, 0],
    ]);
    expect(steps[1]?.action).toMatchObject({ forMs: 250 });
    expect(steps[2]?.action).toMatchObject({ share: 0.1, forMs: 60_000 });
  });

  test('a selection is in the order of the nodes, each once', () => {
    const { steps } = readScenario({ nodes: 4, steps: [{ start: ['n3', 'n1..n2', 'n3'] }] });
    expect(steps[0]?.action).toEqual({ verb: 'start', who: ['n1', 'n2', 'n3'], everyMs: 0 });
  });

  test('a twin has the options of the node whose name it bears', () => {
    const nodes = { a: { degree: 1, namespace: 'red' }, b: {} };
    const { members } = readScenario({ nodes, steps: [{ twin: 'a', as: 'other-a' }] });
    expect(members[2]).toMatchObject({ name: 'other-a', nodeName: 'a', degree: 1, namespace: 'red' });
  });

  test('every example is one', () => {
    expect(scenarioFiles().length).toBeGreaterThanOrEqual(10);
    for (const file of scenarioFiles()) expect(readScenarioFile(file).steps.length).toBeGreaterThan(1);
  });
});
