/**
 * What the compiler promises to programs. Never run: `tsc -p tsconfig.test.json` (part of `npm test`) fails
 * when a type is not as stated here, or when a line marked as an error is none.
 */

import { once } from 'node:events';
import * as v from 'valibot';
import { expectTypeOf } from 'vitest';
import type { FeatureApis, FeatureNodeEvents } from '../src/features/api.ts';
import type { features } from '../src/features/index.ts';
import {
  attach,
  createNode,
  type ErrorCode,
  type FailedCall,
  type Kind,
  kind,
  type LinkInfo,
  type LocalNode,
  type Message,
  type MessageStream,
  type NodeOptions,
  type SendResult,
  SkeinError,
  type SkeinNode,
  type SnoopedMessage,
  type Topology,
} from '../src/index.ts';
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  Failure,
  Shape,
  StoreCalls,
} from '../src/kernel/index.ts';
import type { AllOf, ApiOf, NodeEventsOf } from '../src/kit/feature.ts';
import { type Cell, storeModel, type Table } from '../src/sim/index.ts';

declare const node: SkeinNode;
declare const topology: Topology;

// ── kinds ─────────────────────────────────────────────────────────────────────────────────────────────

const Greeting = kind<{ text: string }>('greeting');
expectTypeOf(Greeting).toEqualTypeOf<Kind<{ text: string }>>();
expectTypeOf(kind('anything')).toEqualTypeOf<Kind<unknown>>();

const Reading = kind('reading', v.object({ celsius: v.number() }));
expectTypeOf(Reading).toEqualTypeOf<Kind<{ celsius: number }>>();
// @ts-expect-error A schema that gives something else than the kind says.
kind<{ text: string }>('greeting', v.object({ celsius: v.number() }));

// ── sending ───────────────────────────────────────────────────────────────────────────────────────────

expectTypeOf(node.send('b', { text: 'hi' }, { kind: Greeting })).toEqualTypeOf<Promise<SendResult>>();
expectTypeOf(node.broadcast({ celsius: 20 }, { kind: Reading })).toEqualTypeOf<Promise<SendResult>>();
expectTypeOf(node.post('b', { celsius: 20 }, { kind: Reading })).toEqualTypeOf<boolean>();
expectTypeOf(node.send(['b', 'c'], 1, { require: 'any', receipt: 'count', trace: true })).toEqualTypeOf<
  Promise<SendResult>
>();
expectTypeOf(node.send('b', new Uint8Array(3), { kind: 'by name', timeoutMs: 100 })).toEqualTypeOf<
  Promise<SendResult>
>();

// @ts-expect-error The body is not what the kind says.
void node.send('b', { txt: 'hi' }, { kind: Greeting });
// @ts-expect-error
void node.broadcast({ celsius: 'warm' }, { kind: Reading });
// @ts-expect-error
node.post('b', 'warm', { kind: Reading });
// @ts-expect-error No such option.
void node.send('b', 1, { timeout: 100 });
// @ts-expect-error No such requirement.
void node.send('b', 1, { require: 'most' });
// @ts-expect-error No such receipt.
void node.send('b', 1, { receipt: 'some' });
// @ts-expect-error Names, not numbers.
void node.send(17, 1);

expectTypeOf<SendResult>().toEqualTypeOf<{
  readonly id: number;
  readonly delivered: readonly string[];
  readonly missing: readonly {
    readonly node: string;
    readonly reason: 'no-route' | 'refused' | 'busy' | 'timeout' | 'lost' | 'aborted';
  }[];
  readonly deliveredCount: number;
  readonly missingCount: number;
}>();

// ── receiving ─────────────────────────────────────────────────────────────────────────────────────────

expectTypeOf(node.messages({ kind: Greeting })).toEqualTypeOf<MessageStream<Message<{ text: string }>>>();
expectTypeOf(node.messages()).toEqualTypeOf<MessageStream<Message<unknown>>>();
expectTypeOf(node.messages<number>({ kind: 'by name' })).toEqualTypeOf<MessageStream<Message<number>>>();
expectTypeOf(node.snoop()).toEqualTypeOf<MessageStream<SnoopedMessage>>();

node.handle(
  (message) => {
    expectTypeOf(message).toEqualTypeOf<Message<{ celsius: number }>>();
    expectTypeOf(message.body.celsius).toEqualTypeOf<number>();
    expectTypeOf(message.route).toEqualTypeOf<readonly string[] | undefined>();
    // @ts-expect-error A message is not to be changed.
    message.body = { celsius: 0 };
  },
  { kind: Reading },
);
node.handle(({ body }) => expectTypeOf(body).toEqualTypeOf<unknown>());

// ── events ────────────────────────────────────────────────────────────────────────────────────────────

node.events.addEventListener('node:down', ({ detail }) => {
  expectTypeOf(detail).toEqualTypeOf<{
    readonly name: string;
    readonly id: number;
    readonly reason: 'lost' | 'left';
  }>();
});
node.events.addEventListener('link:up', ({ detail }) => {
  expectTypeOf(detail.direction).toEqualTypeOf<'incoming' | 'outgoing'>();
});
node.events.addEventListener('close', ({ detail }) => {
  expectTypeOf(detail.error?.code).toEqualTypeOf<ErrorCode | undefined>();
});
// Whatever takes an EventTarget takes it.
void once(node.events, 'node:up');
expectTypeOf(node.events).toExtend<EventTarget>();
node.events.addEventListener('node:up', () => {}, { once: true, signal: AbortSignal.timeout(1) });
// @ts-expect-error No such event.
node.events.addEventListener('node:gone', () => {});
// @ts-expect-error That is told by another event.
node.events.addEventListener('node:up', ({ detail }) => detail.reason);

// ── nodes ─────────────────────────────────────────────────────────────────────────────────────────────

expectTypeOf(createNode()).toEqualTypeOf<Promise<LocalNode>>();
expectTypeOf(createNode({ name: 'a', udp: false })).toEqualTypeOf<Promise<LocalNode>>();
expectTypeOf(attach({ node: 'a' })).toEqualTypeOf<Promise<SkeinNode>>();
expectTypeOf<LocalNode>().toExtend<SkeinNode>();
expectTypeOf<SkeinNode>().toExtend<AsyncDisposable>();
expectTypeOf(node.dial('127.0.0.1:7400')).toEqualTypeOf<Promise<LinkInfo>>();
expectTypeOf(node.topology()).toEqualTypeOf<Promise<Topology>>();
expectTypeOf(topology.a).toEqualTypeOf<readonly string[] | undefined>();
expectTypeOf<SkeinError['code']>().toEqualTypeOf<ErrorCode>();

// @ts-expect-error No such option.
void createNode({ nam: 'a' });
// @ts-expect-error No such discovery option.
void createNode({ discoveryPorts: 7077 });
// @ts-expect-error Seeds are a list.
void createNode({ connect: '127.0.0.1:7400' });
// @ts-expect-error An option is left out, not undefined.
expectTypeOf<{ name: undefined }>().toExtend<NodeOptions>();
// @ts-expect-error No such setting.
void node.set({ speed: 3 });
// @ts-expect-error Only what a node in this process can do.
void node.command('load', 'set', {});
// @ts-expect-error
void node.ready({ node: ['b'] });

// ── features ──────────────────────────────────────────────────────────────────────────────────────────

expectTypeOf<AllOf<ApiOf<(typeof features)[number]>>>().toExtend<FeatureApis>();
expectTypeOf<FeatureApis>().toExtend<AllOf<ApiOf<(typeof features)[number]>>>();
expectTypeOf<AllOf<NodeEventsOf<(typeof features)[number]>>>().toExtend<FeatureNodeEvents>();
expectTypeOf<FeatureNodeEvents>().toExtend<AllOf<NodeEventsOf<(typeof features)[number]>>>();

// ── behaviors ─────────────────────────────────────────────────────────────────────────────────────────

interface CountingShape extends Shape {
  readonly commands: { count(text: string): number };
  readonly event: { readonly type: 'counted' };
}
class Counting implements Behavior<CountingShape> {
  readonly name = 'counting';
  readonly commands: CommandHandlers<CountingShape> = {
    count: (agent, text, reply) => {
      expectTypeOf(text).toEqualTypeOf<string>();
      agent.deliver({ type: 'counted' });
      // @ts-expect-error An event of its own only.
      agent.deliver({ type: 'other' });
      // @ts-expect-error The answer is a number.
      reply.answer('1');
      reply.answer(text.length);
    },
  };
}
// @ts-expect-error Each verb has a handler.
const countsNothing: CommandHandlers<CountingShape> = {};
void countsNothing;
void createNode({ behaviors: () => [new Counting()] });
// @ts-expect-error A behavior has a name.
void createNode({ behaviors: () => [{}] });

// ── stores ────────────────────────────────────────────────────────────────────────────────────────────

interface KeepingShape extends Shape {
  readonly store: { put(input: { text: string }): number; get(n: number): string | undefined };
}
const keepingCalls: StoreCalls<KeepingShape> = {
  completed: (agent, completion) => {
    expectTypeOf(agent).toEqualTypeOf<BehaviorAgent<KeepingShape>>();
    expectTypeOf(completion.token).toEqualTypeOf<number>();
    expectTypeOf(completion.verb).toEqualTypeOf<'put' | 'get'>();
    if (!completion.ok) return expectTypeOf(completion.failure).toEqualTypeOf<Failure>();
    if (completion.verb === 'put') return expectTypeOf(completion.value).toEqualTypeOf<number>();
    expectTypeOf(completion.value).toEqualTypeOf<string | undefined>();
    // @ts-expect-error No such verb.
    if (completion.verb === 'list') return;
    expectTypeOf(agent.store('put', { text: 'x' })).toEqualTypeOf<number>();
    // @ts-expect-error The input is not that verb's.
    agent.store('put', { txt: 'x' });
    // @ts-expect-error No such verb.
    agent.store('list', undefined);
  },
};
void keepingCalls;

interface KeepingState {
  readonly rows: Table<number, string>;
  readonly count: Cell<number>;
}
declare const keepingState: KeepingState;
storeModel<KeepingShape['store'], KeepingState>({
  name: 'keeping',
  initial: () => keepingState,
  operations: {
    put: ({ rows, count }, input) => {
      expectTypeOf(input).toEqualTypeOf<{ text: string }>();
      // @ts-expect-error Rows are texts.
      rows.put(1, 2);
      return count.value;
    },
    // @ts-expect-error The answer is a text.
    get: ({ count }) => count.value,
  },
});
storeModel<KeepingShape['store'], KeepingState>({
  name: 'keeping',
  initial: () => keepingState,
  // @ts-expect-error Each verb has an operation.
  operations: {},
});

// ── errors ────────────────────────────────────────────────────────────────────────────────────────────

/** Whatever a call may have rejected with. */
export function readsDetails(problem: unknown): void {
  if (!(problem instanceof SkeinError)) return;
  expectTypeOf(problem).toExtend<Error>();
  expectTypeOf(problem.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf(problem.retryable).toEqualTypeOf<boolean>();
  if (problem.code === 'SKEIN_UNDELIVERED') expectTypeOf(problem.details).toEqualTypeOf<SendResult>();
  if (problem.code === 'SKEIN_FAILED') expectTypeOf(problem.details).toEqualTypeOf<FailedCall | undefined>();
  if (problem.code === 'SKEIN_AMBIGUOUS')
    expectTypeOf(problem.details.nodes).toEqualTypeOf<readonly string[]>();
  if (problem.code === 'SKEIN_BUSY') expectTypeOf(problem.details).toEqualTypeOf<undefined>();
  // @ts-expect-error Whose details these are shows by the code.
  void problem.details.missing;
}
expectTypeOf(new SkeinError('SKEIN_BUSY', 'not now')).toExtend<SkeinError>();
// @ts-expect-error There is no such code.
void new SkeinError('SKEIN_SLEEPY', 'not now');
// @ts-expect-error What this one says besides is the result of the send.
void new SkeinError('SKEIN_UNDELIVERED', 'nobody has it', { details: 5 });
