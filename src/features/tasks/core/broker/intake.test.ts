/** Orders at the broker that are refused before the store is asked. */
import { expect, test } from 'vitest';
import type { SwarmCore } from '../../../swarm/core/shared.ts';
import type { FromBroker } from '../messages.ts';
import { noRequirements } from '../requirements.ts';
import { noResult, type Order } from '../tasks-types.ts';
import type { Desk } from './errand.ts';
import { Intake, type OrderErrand } from './intake.ts';

function orderOf(id: string, isLetter: boolean): Order {
  return {
    ...{ id, service: 'render', input: noResult, needs: noRequirements, priority: 3, delayMs: 0 },
    ...{ deadlineMs: 0, timeoutMs: 0, attempts: 0, isIdempotent: false, key: '', digest: '', after: [] },
    ...{ isLetter, mayWaitForWorkers: true, parent: '', part: 0, retryOf: '' },
  };
}

function intakeOf(deposit: SwarmCore['deposit']) {
  const said: FromBroker[] = [];
  const stored: string[] = [];
  const swarm = { deposit, time: 1, broker: { node: 1, name: 'x', epoch: 1 } } as unknown as SwarmCore;
  const desk = {
    ...{ swarm, by: () => ({ now: 1, via: 'x' }) },
    reply: (_end: unknown, message: FromBroker) => said.push(message),
    ask: (_verb: string, { tasks }: { tasks: Order[] }) => stored.push(...tasks.map(({ id }) => id)),
  } as unknown as Desk;
  const intake = new Intake({
    ...{ desk, openCount: () => 0, whyInfeasible: () => undefined, place: () => 1, takeMoved: () => [] },
    ...{
      unplace: () => undefined,
      stored: () => undefined,
      foretell: () => undefined,
      notSo: () => undefined,
    },
  });
  const order = (orders: readonly Order[], isTogether = false): void =>
    intake.order({
      from: { node: 2, life: 1, name: 'a' },
      message: { type: 'order', number: 1, isTogether, orders },
      done: () => undefined,
    } as unknown as OrderErrand);
  return { order, said, stored };
}

const letterless = {
  ok: false,
  failure: expect.objectContaining({
    code: 'SKEIN_REFUSED',
    message: "the broker x has no letters: order without reply: 'letter', and ask for the result",
  }),
};

test('a broker without letters refuses what wants one, and stores the rest', () => {
  const { order, said, stored } = intakeOf(undefined);
  order([orderOf('1', true)]);
  expect(said).toMatchObject([{ type: 'ordered', outcomes: [letterless] }]);
  order([orderOf('2', false), orderOf('3', true)]);
  expect(stored).toEqual(['2']);
  order([orderOf('4', false), orderOf('5', true)], true);
  expect(stored).toEqual(['2']);
  expect(said[1]).toMatchObject({
    outcomes: [{ ok: false, failure: { message: expect.stringMatching(/ordered together/) } }, letterless],
  });
});

test('a broker with letters stores what wants one', () => {
  const { order, said, stored } = intakeOf(() => undefined);
  order([orderOf('1', true)]);
  expect([said, stored]).toEqual([[], ['1']]);
});
