/** Queries to the swarm at its broker: what is malformed, too many, late. */
import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { CallsCore } from '../../calls/core/shared.ts';
import type { Answer, SwarmCore } from '../../swarm/core/shared.ts';
import { queryLimits } from './limits.ts';
import { Queries } from './queries.ts';
import type { QueriesEvent, QueriesShape } from './queries-types.ts';

class Broker {
  now = 1000;
  readonly events: QueriesEvent[] = [];
  readonly said: (string | Failure)[] = [];
  readonly queries: Queries;
  private answerer!: Parameters<SwarmCore['answerBy']>[1];

  constructor() {
    const calls: Partial<CallsCore> = { offerHidden: () => undefined };
    const swarm: Partial<SwarmCore> = {
      answerBy: (_verb, answerer) => {
        this.answerer = answerer;
      },
    };
    this.queries = new Queries(calls as CallsCore, swarm as SwarmCore);
    const broker = this;
    const agent = {
      get now() {
        return broker.now;
      },
      deliver: (event: QueriesEvent) => this.events.push(event),
    };
    this.queries.lifecycle.started?.(agent as unknown as BehaviorAgent<QueriesShape>);
  }

  isAsked(input: unknown): void {
    const reply: Answer = { answer: (json) => this.said.push(json), fail: (why) => this.said.push(why) };
    this.answerer({ node: 1, life: 1, name: 'b' }, input, reply);
  }

  answers(token: number, json: string): void {
    const reply = { token: 1, answer: () => undefined, fail: () => undefined };
    this.queries.commands.answered(undefined as never, { token, json }, reply);
  }

  passes(milliseconds: number): void {
    this.now += milliseconds;
    this.queries.timers.deadline?.(undefined as never, this.now);
  }
}

const query = { name: 'disk', encoding: 0, body: 'AQI=' };

test('a query is handed to the program with its author, and its answer goes back once', () => {
  const broker = new Broker();
  broker.isAsked(query);
  expect(broker.events).toEqual([{ type: 'query', token: 1, from: 'b', ...query }]);
  broker.answers(1, '"first"');
  broker.answers(1, '"second"');
  expect(broker.said).toEqual(['"first"']);
});

test.each([
  ['nothing', null],
  ['text', 'disk'],
  ['no name', { ...query, name: undefined }],
  ['a name with a space', { ...query, name: 'not a name' }],
  ['an unknown encoding', { ...query, encoding: 2 }],
  ['a body that is no base64', { ...query, body: '<script>' }],
  ['a body that is no text', { ...query, body: [1, 2] }],
])('%s is refused and never reaches the program', (_what, input) => {
  const broker = new Broker();
  broker.isAsked(input);
  expect(broker.events).toEqual([]);
  expect(broker.said).toMatchObject([{ code: 'SKEIN_INVALID' }]);
});

test('more queries than the broker may work on are refused as busy, and the next one is taken once one has ended', () => {
  const broker = new Broker();
  for (let i = 0; i <= queryLimits.swarmQueriesAtWorkMax; i++) broker.isAsked(query);
  expect(broker.events).toHaveLength(queryLimits.swarmQueriesAtWorkMax);
  expect(broker.said).toMatchObject([{ code: 'SKEIN_BUSY' }]);
  broker.answers(1, '1');
  broker.isAsked(query);
  expect(broker.events).toHaveLength(queryLimits.swarmQueriesAtWorkMax + 1);
});

test('a query that its program does not answer makes room when its time is up, and the program is notified', () => {
  const broker = new Broker();
  broker.isAsked(query);
  broker.passes(500);
  broker.isAsked(query);
  expect(broker.queries.timers.nextDeadline?.()).toBe(1000 + queryLimits.queryTimeoutMs);
  broker.passes(queryLimits.queryTimeoutMs - 500);
  expect(broker.events.slice(2)).toEqual([{ type: 'left', token: 1 }]);
  broker.answers(1, '"late"');
  broker.answers(2, '"in time"');
  expect(broker.said).toEqual(['"in time"']);
});
