/**
 * The core of queries: those to the swarm go to its broker and back; those to a node are requests to a hidden service.
 *
 * A behavior. As the broker it hands what it is asked to its program, which knows the answers. Invariant: at most
 * `swarmQueriesAtWorkMax` queries are at the program, each until it answers or its time is up; each is answered once.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  LifecycleCalls,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import { nameProblem } from '../../../kernel/identity.ts';
import type { CallsCore } from '../../calls/core/shared.ts';
import type { Answer, SwarmCore } from '../../swarm/core/shared.ts';
import { queryLimits } from './limits.ts';
import type { QueriesShape, SwarmQuery } from './queries-types.ts';

export const queriesFeature = 'queries';
/** No service of a program has a colon in its name. */
export const queryService = 'skein:query';
const verb = 'query';

interface Pending {
  readonly reply: Answer;
  readonly until: number;
}

export class Queries implements Behavior<QueriesShape> {
  readonly name = queriesFeature;
  readonly commands: CommandHandlers<QueriesShape> = {
    askSwarm: (_agent, query, reply) => this.swarm.ask(verb, query, reply),
    answered: (_agent, { token, json }, reply) => {
      this.take(token)?.answer(json);
      reply.answer();
    },
  };
  readonly lifecycle: LifecycleCalls<QueriesShape> = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly timers: TimerCalls = {
    nextDeadline: () => this.nextDeadline(),
    deadline: (_agent, now) => this.deadline(now),
  };
  readonly diagnostics: DiagnosticCalls = { status: () => ({ atWork: this.pending.size, ...this.counts }) };
  readonly calls: CallsCore;
  private readonly swarm: SwarmCore;
  private agent!: BehaviorAgent<QueriesShape>;
  /** By token, the oldest first: all wait equally long. */
  private readonly pending = new Map<number, Pending>();
  private readonly counts = { asked: 0, refused: 0 };
  private lastToken = 0;

  constructor(calls: CallsCore, swarm: SwarmCore) {
    this.calls = calls;
    this.swarm = swarm;
    calls.offerHidden(queryService, {
      concurrency: queryLimits.queriesAtWorkMax,
      queue: queryLimits.queriesWaitingMax,
    });
    swarm.answerBy(verb, ({ name }, input, reply) => this.asked(name, input, reply));
  }

  /** The broker of the swarm; undefined where none is known. */
  get broker(): string | undefined {
    return this.swarm.broker?.name;
  }

  /** As the broker with an open store: how many nodes were ever here. */
  get seenCount(): number {
    let count = 0;
    for (const _name of this.swarm.namesSeen()) count++;
    return count;
  }

  private asked(from: string, input: unknown, reply: Answer): void {
    const query = swarmQueryOf(input);
    if (query === undefined)
      return this.refuse(reply, 'SKEIN_INVALID', 'a query is a name, an encoding and base64 text');
    const { swarmQueriesAtWorkMax } = queryLimits;
    if (this.pending.size >= swarmQueriesAtWorkMax) {
      const text = `the broker answers ${swarmQueriesAtWorkMax} queries already: ask again later`;
      return this.refuse(reply, 'SKEIN_BUSY', text);
    }
    this.counts.asked++;
    const token = ++this.lastToken;
    this.pending.set(token, { reply, until: this.agent.now + queryLimits.queryTimeoutMs });
    this.agent.deliver({ type: 'query', token, from, ...query });
  }

  private refuse(reply: Answer, code: 'SKEIN_INVALID' | 'SKEIN_BUSY', text: string): void {
    this.counts.refused++;
    reply.fail(failure(code, text));
  }

  private take(token: number): Answer | undefined {
    const pending = this.pending.get(token);
    this.pending.delete(token);
    return pending?.reply;
  }

  private nextDeadline(): number {
    const [oldest] = this.pending.values();
    return oldest?.until ?? Number.POSITIVE_INFINITY;
  }

  /** Whoever asked does not wait any more: its own time was up before. */
  private deadline(now: number): void {
    for (const [token, { until }] of this.pending) {
      if (until > now) return;
      this.pending.delete(token);
      this.agent.deliver({ type: 'left', token });
    }
  }
}

/** Undefined for what is none. Its body is looked into by the program. */
function swarmQueryOf(input: unknown): SwarmQuery | undefined {
  const { name, encoding, body } = (input ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || nameProblem(name) !== undefined) return undefined;
  if ((encoding !== 0 && encoding !== 1) || typeof body !== 'string') return undefined;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(body) ? { name, encoding, body } : undefined;
}
