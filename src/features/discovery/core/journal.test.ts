import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor, Sighting } from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Journal, type JournalView } from './journal.ts';

let journal: Journal;

beforeEach(() => {
  journal = new Journal();
});

function view(
  changes: Partial<JournalView> & {
    neighbors?: number;
    known?: Record<string, string[]>;
    linked?: string[];
  } = {},
): JournalView {
  const { neighbors = 0, known = {}, linked = [], ...rest } = changes;
  const agent = {
    now: 10_000,
    self: { name: 'me', namespace: 'lab' },
    neighbors: { size: neighbors, has: (id: number) => linked.some((name) => idOf(name) === id) },
    routes: { reachableCount: neighbors, reachable: () => Object.keys(known).map(idOf) },
    directory: {
      get: (id: number) => {
        const name = Object.keys(known).find((candidate) => idOf(candidate) === id);
        return name === undefined ? undefined : { name, addresses: known[name], reachable: neighbors > 0 };
      },
    },
  } as unknown as BehaviorAgent;
  return {
    agent,
    degree: 2,
    solicits: true,
    broadcastTargets: ['10.0.0.255:7077'],
    seeds: [],
    quietForMs: () => 0,
    ...rest,
  };
}

const sighting = (name: string, namespace = 'lab'): Sighting => ({
  name,
  namespace,
  instance: '',
  addresses: [`${name}:1`],
  origin: 'runtime folder',
});
const textOf = (of?: string, what: Parameters<typeof view>[0] = {}): string =>
  journal
    .explain(of, view(what))
    .map(({ text }) => text)
    .join('; ');

describe('datagrams that say nothing here', () => {
  test('are counted by what is wrong with them', () => {
    for (const why of ['sealed', 'open', 'other-key', 'replay', 'excess'] as const)
      journal.unreadable(why, 1);
    journal.unreadable('other-key', 2);
    expect(textOf()).toContain(
      'sealed with another mesh key were heard; compare with: skein key show (2 times)',
    );
    expect(journal.unreadableCounts).toEqual({ sealed: 1, open: 1, 'other-key': 2, replay: 1, excess: 1 });
    expect(textOf()).toContain(
      'solicitations of nodes with a mesh key were heard; this node has none: skein key add (once)',
    );
  });

  test('of a member whose clock is wrong say by how much, and in which direction', () => {
    journal.clockDiffers('late', -300_000, 1);
    journal.clockDiffers('early', 181_000, 1);
    expect(textOf()).toContain("the clock of late is 300 s behind this machine's");
    expect(textOf('early')).toContain("the clock of early is 181 s ahead of this machine's");
  });

  test('played again long after accuse neither a node in reach nor one that was heard in time since', () => {
    for (const name of ['me', 'near', 'set']) journal.clockDiffers(name, -3_600_000, 1);
    expect(textOf()).toContain('the clock of set');
    journal.heard({ ...sighting('set'), wants: 1 } as never, 2);
    const inReach = { neighbors: 1, known: { near: ['near:1'] } };
    expect(textOf(undefined, inReach)).not.toContain('clock');
    expect(textOf('near', inReach)).not.toContain('clock');
  });
});

describe('why a node is alone', () => {
  test('names where it solicited, how often, and that nobody answered', () => {
    for (let i = 0; i < 5; i++) journal.solicited();
    expect(textOf()).toBe(
      '0 of 2 wanted links, 0 other nodes reachable; 5 solicitations on 10.0.0.255:7077 unanswered; no node of namespace lab heard',
    );
  });

  test('says one solicitation as such, and by how many links it was answered', () => {
    journal.solicited();
    journal.answered();
    expect(textOf(undefined, { neighbors: 1 })).toContain(
      '1 solicitation on 10.0.0.255:7077, answered by 1 link',
    );
  });

  test('names each seed and what became of it', () => {
    const seeds = [
      { address: 'a:1', state: 'found', lastFailure: undefined },
      { address: 'b:1', state: 'dialing', lastFailure: undefined },
      {
        address: 'c:1',
        state: 'waiting',
        lastFailure: failure('SKEIN_UNREACHABLE', 'it refused the connection'),
      },
    ];
    const text = textOf(undefined, { seeds });
    expect(text).toContain(
      'seed a:1 was reached; seed b:1 is being dialed; seed c:1: it refused the connection',
    );
  });

  test('names those heard of another namespace', () => {
    journal.sighted(sighting('stranger', 'farm'), 9000);
    const text = textOf();
    expect(text).toContain(
      'stranger was heard by runtime folder 1.0 s ago, but it is of namespace farm, not lab',
    );
    expect(text).toContain('no node of namespace lab heard');
  });

  test('forgets those who were not heard for some minutes', () => {
    journal.sighted(sighting('gone', 'farm'), 10_000 - 300_001);
    expect(textOf()).not.toContain('gone');
    expect(textOf()).toContain('no node of namespace lab heard');
  });

  test('counts one as one', () => {
    journal.solicited();
    journal.answered();
    expect(textOf(undefined, { neighbors: 1 })).toBe(
      '1 of 2 wanted links, 1 other node reachable, all of them linked; 1 solicitation on 10.0.0.255:7077, answered by 1 link',
    );
  });

  test('does not call solicitations unanswered where all that are there are linked', () => {
    journal.solicited();
    expect(textOf(undefined, { neighbors: 1 })).toBe(
      '1 of 2 wanted links, 1 other node reachable, all of them linked',
    );
  });

  test('names the links that were hung up by hand', () => {
    const text = textOf(undefined, { neighbors: 1, known: { far: ['far:1'] }, quietForMs: () => 20_500 });
    expect(text).toContain('the link to far was hung up by hand');
  });

  test('says when it does not even ask', () => {
    expect(textOf(undefined, { degree: 0 })).toContain('degree is 0');
    expect(textOf(undefined, { solicits: false })).toContain('no solicitations are sent');
  });

  test('names who refused the link lately and why, and not for ever', () => {
    journal.refused('10.0.0.9:7000', failure('SKEIN_BUSY', 'it has all the links it takes'), 9000);
    journal.refused('10.0.0.8:7000', failure('SKEIN_BUSY', 'long ago'), 10_000 - 3_600_000);
    expect(textOf()).toContain('10.0.0.9:7000 refused the link: it has all the links it takes');
    expect(textOf()).not.toContain('long ago');
  });

  test('counts solicitations that could not be read', () => {
    journal.malformed();
    journal.malformed();
    expect(textOf()).toContain('2 solicitations could not be read');
  });
});

describe('why another node is missing', () => {
  const error = {
    link: 1,
    address: 'far:1',
    purpose: { feature: 0, reason: 0, isPrivate: false },
    failure: failure('SKEIN_TIMEOUT', 'no answer in 3 s'),
  } as const;

  test('tells when and how it was heard, and of which namespace it is', () => {
    journal.sighted(sighting('far', 'farm'), 7500);
    expect(textOf('far')).toBe(
      'far was heard by runtime folder 2.5 s ago; it is of namespace farm, this node of lab',
    );
  });

  test('tells how the last dial of one of its addresses failed', () => {
    journal.dialFailed({ ...error, node: undefined }, 1);
    journal.dialFailed({ ...error, address: 'other:1', node: undefined }, 1);
    expect(textOf('far', { known: { far: ['far:1'] } })).toBe(
      'the last dial of far:1 failed: no answer in 3 s',
    );
  });

  test('tells that its link was hung up by hand, and how long it is left alone', () => {
    const quietForMs = (node: number): number => (node === idOf('far') ? 20_100 : -1);
    expect(textOf('far', { quietForMs })).toBe(
      'the link to far was hung up by hand: neither end dials the other by itself for another 21 s',
    );
    expect(textOf('near', { quietForMs })).toBe('');
  });

  test('tells of no failed dial while a link is open, nor of one from before it', () => {
    const known = { far: ['far:1'] };
    journal.dialFailed({ ...error, node: undefined }, 1);
    journal.dialFailed({ ...error, address: 'via:1', node: idOf('far') }, 1);
    expect(textOf('far', { known, linked: ['far'] })).toBe('');
    journal.linked({ id: idOf('far'), name: 'far', address: 'elsewhere:9' } as Neighbor, ['far:1']);
    expect(textOf('far', { known })).toBe('');
  });

  test('tells of a dial that it answered itself, at whatever address', () => {
    journal.dialFailed({ ...error, node: idOf('far') }, 1);
    expect(textOf('far')).toContain('no answer in 3 s');
    expect(textOf('near')).toBe('');
  });
});

test('it remembers a bounded number of strangers, the newest', () => {
  for (let i = 0; i < limits.strangersMax + 10; i++) journal.sighted(sighting(`s${i}`, 'farm'), i);
  const heard = journal.explain(undefined, view()).filter(({ code }) => code === 'other-namespace');
  expect(heard).toHaveLength(limits.strangersMax);
  expect(heard.at(-1)?.text).toContain(`s${limits.strangersMax + 9} `);
});
