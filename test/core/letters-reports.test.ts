/** Reports to an author whose incarnations overlap at the broker. */
import { expect, test } from 'vitest';
import type { LetterReport } from '../../src/features/letters/core/letters-types.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import { PostOffice, type PostOfficePorts } from '../../src/features/letters/core/post-office.ts';
import { decodeLetterMessage } from '../../src/features/letters/core/wire.ts';

const store = 7;

function opened() {
  const asked: { readonly token: number; readonly verb: string }[] = [];
  const replies: { readonly life: number; readonly message: unknown }[] = [];
  const lives = new Set<number>();
  const forgotten: number[] = [];
  let lastToken = 0;
  const ports = {
    agent: {
      ...{ now: 1000, wallNow: 1000, self: { name: 'broker', id: 99 } },
      store(verb: string) {
        asked.push({ token: ++lastToken, verb });
        return lastToken;
      },
    },
    swarm: {
      ...{ office: { state: 'open', store }, time: 1000, use: () => undefined, logged: () => undefined },
      admit: (_from: unknown, act: (refusal: undefined) => void) => act(undefined),
      operationFailed: () => undefined,
    },
    reply: ({ life }: { life: number }, message: Uint8Array) =>
      void replies.push({ life, message: decodeLetterMessage(message) }),
    drop: () => undefined,
    forget: (node: number) => void forgotten.push(node),
    isCurrent: ({ life }: { life: number }) => lives.has(life),
    ignoreUnprocessed: () => undefined,
  };
  const office = new PostOffice(ports as unknown as PostOfficePorts);
  const from = (life: number) => ({ node: 1, life, run: 1, name: 'a' });
  const done: string[] = [];
  return {
    ...{ office, asked, replies, lives, done, forgotten },
    hears: (life: number) =>
      office.received(from(life), { type: 'heard', store, report: 3, dropped: 0 }, () => done.push('heard')),
    collects: (life: number) => office.received(from(life), { type: 'collect' }, () => done.push('collect')),
    carryOut(verb: string, value: unknown) {
      const at = asked.findIndex((each) => each.verb === verb);
      const token = asked.splice(at, 1)[0]?.token;
      office.completed({ token, verb, ok: true, value } as never);
    },
  };
}

test('what an incarnation has heard that is over meanwhile is noted, and the next one is not forgotten for it', () => {
  const { office, asked, replies, lives, done, hears, collects, carryOut } = opened();
  lives.add(1);
  hears(1);
  expect(asked.map(({ verb }) => verb)).toEqual(['heard']);
  lives.delete(1);
  office.memberEnded(1);
  lives.add(2);
  collects(2);
  carryOut('heard', undefined);
  expect(done).toEqual(['collect', 'heard']);
  expect(asked.map(({ verb }) => verb)).toEqual(['unheard']);
  const report = {
    report: 4,
    id: '0'.repeat(32),
    recipient: 'b',
    state: 'failed',
    reason: '',
  } as LetterReport;
  carryOut('unheard', { reports: [report], dropped: 0 });
  expect(replies).toMatchObject([{ life: 2, message: { type: 'report', reports: [{ report: 4 }] } }]);
});

test('an author gets what waits once what it has heard of is noted', () => {
  const { asked, replies, lives, done, hears, carryOut } = opened();
  lives.add(1);
  hears(1);
  expect([asked.map(({ verb }) => verb), done]).toEqual([['heard'], []]);
  carryOut('heard', undefined);
  expect([asked.map(({ verb }) => verb), done]).toEqual([['unheard'], ['heard']]);
  carryOut('unheard', { reports: [], dropped: 0 });
  expect(replies).toEqual([]);
});

test('of a member that stays unreachable what it has said is forgotten, so that it says it again once it is back', () => {
  const { office, forgotten } = opened();
  const { letterAwayMs, letterSweepMs } = letterLimits;
  office.officeChanged();
  office.memberIsAway(1, true);
  office.memberIsAway(2, true);
  office.memberIsAway(2, false);
  office.deadline(1000 + letterSweepMs);
  expect(forgotten).toEqual([]);
  office.deadline(1000 + letterAwayMs + letterSweepMs);
  expect(forgotten).toEqual([1]);
});
