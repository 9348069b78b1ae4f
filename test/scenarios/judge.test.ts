/** Each expectation can be unmet, and says in words what is wrong; the comparison of two ends finds every difference. */
import { describe, expect, test } from 'vitest';
import { compareEndStates, endStateOf, type MessageRecord } from '../../src/sim/run/scenario/end-state.ts';
import { judge } from '../../src/sim/run/scenario/judge.ts';
import type { Expectation, ScenarioMember } from '../../src/sim/run/scenario/scenario.ts';
import type { Observation, ProgramView } from '../../src/sim/run/scenario/stage.ts';

const program = (name: string, changes: Partial<ProgramView> = {}): ProgramView => ({
  name,
  nodeName: name,
  state: 'running',
  ended: undefined,
  knows: new Set(['a', 'b', 'c'].filter((other) => other !== name)),
  links: new Set(['a', 'b', 'c'].filter((other) => other !== name)),
  downs: new Map(),
  received: new Map(),
  ...changes,
});

const seen = (...changed: ProgramView[]): Observation => {
  const views = new Map(['a', 'b', 'c'].map((name) => [name, program(name)]));
  for (const view of changed) views.set(view.name, view);
  return views;
};
const messages = new Map<string, MessageRecord>([
  ['hi', { label: 'hi', from: 'a', to: ['b'], at: 0, outcome: 'delivered', missing: [], deliveredCount: 1 }],
]);

describe('an expectation that does not hold says why', () => {
  test.each<[Expectation, Observation, string]>([
    [{ together: ['all'] }, seen(program('b', { knows: new Set(['a']) })), 'b does not know c'],
    [{ together: [['a', 'b']] }, seen(program('b', { knows: new Set(['a']) })), 'a still knows c'],
    [{ together: [['a', 'b', 'c']] }, seen(program('b', { state: 'off' })), 'b does not run'],
    [{ knows: { a: ['b'] } }, seen(program('a', { knows: new Set() })), 'a does not know b'],
    [{ knowsNot: { a: ['b'] } }, seen(), 'a knows b'],
    [{ components: 2 }, seen(), 'the network has 1 component (3 nodes)'],
    [{ links: 2 }, seen(program('b', { links: new Set(['a']) })), 'b has 1 link of 2'],
    [{ linked: { a: ['b'] } }, seen(program('b', { links: new Set() })), 'a has no link to b'],
    [{ notLinked: { a: ['b'] } }, seen(), 'a has a link to b'],
    [{ delivered: { hi: ['b'] } }, seen(), 'b did not get "hi"'],
    [
      { delivered: { hi: ['b'] } },
      seen(program('b', { received: new Map([['hi', 2]]) })),
      'b got "hi" 2 times',
    ],
    [
      { delivered: { hi: [] } },
      seen(program('b', { received: new Map([['hi', 1]]) })),
      'b got "hi" without being meant',
    ],
    [{ running: ['a', 'b'] }, seen(), 'c runs'],
    [
      { running: ['a', 'b', 'c'] },
      seen(program('c', { state: 'off', ended: 'SKEIN_BUSY' })),
      'c does not run (SKEIN_BUSY)',
    ],
    [{ ended: { c: 'SKEIN_NAME_TAKEN' } }, seen(), 'c has not ended by itself'],
    [{ lost: ['c'] }, seen(program('a', { downs: new Map([['c', 1]]) })), 'b never lost c'],
    [{ neverLost: ['c'] }, seen(program('a', { downs: new Map([['c', 1]]) })), 'a lost c'],
  ])('%j', (expectation, observation, problem) => {
    expect(judge(expectation, observation, messages)).toContain(problem);
  });

  test('and nothing where it holds', () => {
    const good = seen(program('b', { received: new Map([['hi', 1]]) }));
    const all: Expectation = {
      together: ['all'],
      knows: { a: 'all' },
      components: 1,
      links: 2,
      linked: { a: ['b', 'c'] },
      delivered: { hi: ['b'] },
      running: ['a', 'b', 'c'],
      neverLost: ['a', 'b', 'c'],
    };
    expect(judge(all, good, messages)).toEqual([]);
  });

  test('a link counts only when both ends have it', () => {
    const oneSided = seen(program('c', { links: new Set() }));
    expect(judge({ components: 1 }, oneSided, messages)).toEqual([
      'the network has 2 components (2, 1 nodes)',
    ]);
  });
});

describe('two ends differ', () => {
  const members = ['a', 'b', 'c'].map(
    (name): ScenarioMember => ({
      name,
      nodeName: name,
      degree: 2,
      namespace: 'x',
      discovery: true,
      connect: [],
    }),
  );
  const end = (observation: Observation, sent = messages) => endStateOf(observation, members, sent);
  const same = end(seen());

  test.each<[string, Observation]>([
    ['who runs', seen(program('b', { state: 'off' }))],
    ['with what it ended', seen(program('b', { state: 'running', ended: 'SKEIN_NAME_TAKEN' }))],
    ['whom it knows', seen(program('b', { knows: new Set(['a']) }))],
    ['degrees met', seen(program('b', { links: new Set(['a']) }))],
    ['components', seen(program('b', { links: new Set() }))],
    ['who got what', seen(program('b', { received: new Map([['hi', 1]]) }))],
  ])('in %s', (_what, observation) => {
    expect(compareEndStates(same, end(observation))).not.toEqual([]);
  });

  test('in what a sender was told', () => {
    const failed = new Map([
      ['hi', { ...(messages.get('hi') as MessageRecord), outcome: 'SKEIN_TIMEOUT', missing: ['b'] }],
    ]);
    expect(compareEndStates(same, end(seen(), failed))).toHaveLength(1);
  });

  test('not in which of several nodes each is linked to', () => {
    expect(compareEndStates(same, end(seen()))).toEqual([]);
  });
});
