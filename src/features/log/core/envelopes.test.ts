/** Envelopes on their way to the broker: what one question holds, and when it is asked. */
import { expect, test } from 'vitest';
import { swarmLimits } from '../../swarm/core/limits.ts';
import type { Answer } from '../../swarm/core/shared.ts';
import { checkedBatch, type EnvelopeBatch } from './envelope-wire.ts';
import { Envelopes } from './envelopes.ts';
import { logLimits } from './limits.ts';

function rig() {
  const asked: { readonly batch: EnvelopeBatch; readonly reply: Answer }[] = [];
  const agent = {
    now: 1000,
    flushes: 0,
    directory: { get: (node: number) => ({ name: `${'n'.repeat(60)}${node % 1000}` }) },
    flushLater: () => agent.flushes++,
  };
  const envelopes = new Envelopes({
    agent: () => agent as never,
    ask: (batch, reply) => asked.push({ batch, reply }),
  });
  return { agent, envelopes, asked };
}

const last = <Item>(items: readonly Item[]): Item => items.at(-1) as Item;

test('the first one asks the kernel for a deadline, and those of a second go together', () => {
  const { agent, envelopes, asked } = rig();
  expect(envelopes.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  for (let i = 0; i < 5; i++) envelopes.sent('kind', i, true);
  expect([agent.flushes, envelopes.nextDeadline()]).toEqual([1, 1000 + logLimits.logEnvelopesWaitMs]);
  envelopes.deadline(1999);
  expect(asked).toEqual([]);
  agent.now = 2000;
  envelopes.deadline(2000);
  expect(asked.map(({ batch }) => batch.envelopes.length)).toEqual([5]);
  expect(asked[0]?.batch.envelopes[0]?.[1]).toBe(1000);
  expect(envelopes.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a question holds no more than fits into one, whatever kinds and names there are', () => {
  const { agent, envelopes, asked } = rig();
  const nodes = Array.from({ length: 40 }, (_, i) => i);
  for (let i = 0; i < 1000; i++) envelopes.sent('\u0001'.repeat(127), nodes, true);
  agent.now = 2000;
  envelopes.deadline(2000);
  let count = 0;
  for (let i = 0; i < 100 && count < 1000; i++) {
    const { batch, reply } = last(asked);
    count += batch.envelopes.length;
    expect(batch.envelopes.length).toBeGreaterThan(0);
    expect(new TextEncoder().encode(JSON.stringify(batch)).length).toBeLessThan(
      swarmLimits.swarmQuestionBytesMax,
    );
    expect(checkedBatch(JSON.parse(JSON.stringify(batch)))).toBeDefined();
    expect(batch.envelopes[0]?.slice(4)).toEqual([nodes.length - logLimits.logEnvelopeNamesMax, 0]);
    reply.answer('{}');
    agent.now = envelopes.nextDeadline();
    envelopes.deadline(agent.now);
  }
  expect(count).toBe(1000);
});

test('one question is under way at a time, and a broker that does not take them is asked less and less often', () => {
  const { agent, envelopes, asked } = rig();
  envelopes.sent('kind', 1, true);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const at = envelopes.nextDeadline();
    waits.push(at - agent.now);
    agent.now = at;
    envelopes.deadline(at);
    envelopes.sent('kind', 2, false);
    expect([asked.length, envelopes.nextDeadline()]).toEqual([i + 1, Number.POSITIVE_INFINITY]);
    last(asked).reply.fail({ code: 'SKEIN_STORE_FULL', message: '' } as never);
  }
  expect(waits).toEqual([1000, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
  expect(last(asked).batch.missed).toBe(7);
  expect(envelopes.counts).toEqual({ logged: 0, notLogged: 8 });
});
