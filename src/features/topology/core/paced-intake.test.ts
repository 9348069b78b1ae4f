import { beforeEach, expect, test } from 'vitest';
import type { BehaviorAgent, RecordSigner, SelfView } from '../../../kernel/contracts.ts';
import { idOf, instanceOf } from '../../../kernel/identity.ts';
import { encodeAnnouncement } from '../../../kernel/routing/announcement.ts';
import { Records } from '../../../kernel/routing/records.ts';
import { Intake } from './intake.ts';
import { topologyLimits } from './limits.ts';
import type { CarriedRecord } from './messages.ts';
import { PacedIntake } from './paced-intake.ts';

const self = { id: idOf('me'), name: 'me', instance: 'aaaaaaaaaaaaaaaa' } as SelfView;
const publicKey = Uint8Array.of(1, 2, 3);
/** Of a signature, on the processor. */
const checkMs = 0.12;
const liar = 1;
const honest = 2;

let clockMs: number;
let agent: BehaviorAgent & { now: number };
let records: Records;
let paced: PacedIntake;
/** The links that are held, and those whose records were looked into, in order. */
let held: number[];
let looked: number[];

const signer: RecordSigner = {
  publicKey,
  sign: () => Uint8Array.of(9),
  verify: () => {
    clockMs += checkMs;
    return true;
  },
};

beforeEach(() => {
  clockMs = 0;
  agent = { self, now: 0, clock: () => clockMs } as BehaviorAgent & { now: number };
  records = new Records();
  held = [];
  looked = [];
  paced = new PacedIntake(new Intake(records, signer), records, {
    taken: (_agent, { outcome }, _record, from) => {
      if (outcome === 'accepted') looked.push(from);
    },
    held: (_agent, from) => held.push(from),
  });
});

function recordsOf(prefix: string, count: number): CarriedRecord[] {
  return Array.from({ length: count }, (_, i) => ({ bytes: recordOf(`${prefix}${i}`), unreachableForMs: 0 }));
}

function recordOf(name: string, sequence = 1): Uint8Array {
  const lists = { addresses: [], links: [], services: [], sections: new Map() };
  const version = { instance: instanceOf(publicKey), epoch: 1, sequence, version: '1' };
  const head = { id: idOf(name), name, namespace: 'n', left: false };
  return encodeAnnouncement({ ...head, ...version, ...lists }, signer);
}

/** The loop turns until nothing is due; what each turn took of the processor. */
function turns(countMax = Number.POSITIVE_INFINITY): number[] {
  const took: number[] = [];
  while (took.length < countMax && paced.nextDeadline(agent.now) <= agent.now) {
    const begunAt = clockMs;
    paced.deadline(agent, agent.now);
    took.push(clockMs - begunAt);
  }
  return took;
}

test('a few records are taken as they come', () => {
  paced.arrived(agent, recordsOf('n', 10), honest);
  expect([records.size, paced.waitingCount]).toEqual([10, 0]);
});

test('however many come, a turn has its slice of processor time and no more, and all are taken in the end', () => {
  paced.arrived(agent, recordsOf('n', 1500), liar);
  expect(clockMs).toBeLessThan(topologyLimits.intakeSliceMs + checkMs);
  expect(paced.waitingCount).toBeGreaterThan(1400);
  const took = turns();
  expect(Math.max(...took)).toBeLessThan(topologyLimits.intakeSliceMs + checkMs);
  expect([records.size, paced.waitingCount]).toEqual([1500, 0]);
});

test('what comes bit by bit in one turn has one slice all together', () => {
  for (const record of recordsOf('n', 500)) paced.arrived(agent, [record], liar);
  expect(clockMs).toBeLessThan(topologyLimits.intakeSliceMs + checkMs);
});

test("one neighbor does not wait for another's crowd", () => {
  paced.arrived(agent, recordsOf('n', 1500), liar);
  const before = looked.length;
  paced.arrived(agent, recordsOf('m', 5), honest);
  turns(1);
  expect(looked.slice(before).filter((from) => from === honest)).toHaveLength(5);
});

test('who brings more unknown nodes than a neighbor may is named once, and they come at their pace', () => {
  const { newcomersBurst, newcomersPerSecond } = topologyLimits;
  paced.arrived(agent, recordsOf('n', newcomersBurst + newcomersPerSecond + 100), liar);
  turns();
  expect([records.size, held]).toEqual([newcomersBurst, [liar]]);
  // News of nodes that are known are no newcomers, and another neighbor has an allowance of its own.
  paced.arrived(agent, [{ bytes: recordOf('m'), unreachableForMs: 0 }], honest);
  turns();
  expect(records.get(idOf('m'))).toBeDefined();
  for (let i = 0; i < 1000 && records.size < newcomersBurst + newcomersPerSecond + 1; i++) {
    agent.now = Math.max(agent.now, paced.nextDeadline(agent.now));
    turns();
  }
  expect(agent.now).toBeGreaterThanOrEqual(990);
  expect(held).toEqual([liar]);
});

test('what had to wait for the allowances of many origins has one slice too, once all are due', () => {
  const origins = 200;
  for (let version = 1; version <= topologyLimits.recordsBurst + 1; version++)
    for (let i = 0; i < origins; i++) {
      paced.arrived(agent, [{ bytes: recordOf(`n${i}`, version), unreachableForMs: 0 }], liar);
      turns();
    }
  agent.now = 1000;
  const took = turns();
  expect(Math.max(...took)).toBeLessThan(topologyLimits.intakeSliceMs + checkMs);
  for (let i = 0; i < origins; i++)
    expect(records.get(idOf(`n${i}`))?.sequence).toBe(topologyLimits.recordsBurst + 1);
});

test('what is known costs nothing, however often it comes', () => {
  const known = recordsOf('n', 20);
  paced.arrived(agent, known, honest);
  const before = clockMs;
  for (let i = 0; i < 1000; i++) paced.arrived(agent, known, liar);
  expect([clockMs, paced.waitingCount]).toEqual([before, 0]);
});

test('what waits is bounded, and what finds no room is left out', () => {
  const large = (i: number): CarriedRecord => ({
    bytes: Uint8Array.of(...recordOf(`n${i}`), ...new Uint8Array(60_000)),
    unreachableForMs: 0,
  });
  paced.arrived(agent, recordsOf('first', 100), liar);
  const wanted = Math.ceil(topologyLimits.backlogLinkBytesMax / 60_000) + 50;
  for (let i = 0; i < wanted; i++) paced.arrived(agent, [large(i)], liar);
  expect(paced.leftOut).toBeGreaterThanOrEqual(49);
  expect(paced.waitingCount).toBeLessThan(wanted + 100 - 49);
});

test('of who is not believed any more nothing waits', () => {
  paced.arrived(agent, recordsOf('n', 1500), liar);
  paced.arrived(agent, recordsOf('m', 3), honest);
  paced.forget(liar);
  expect(paced.waitingCount).toBe(3);
  turns();
  expect(looked.filter((from) => from === honest)).toHaveLength(3);
});
