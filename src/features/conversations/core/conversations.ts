/**
 * Conversations: which nodes take part in which, kept in the swarm's store.
 *
 * A behavior that is at work where the broker is: it answers the questions of members. What is said travels as letters,
 * which need this feature and which it does not know. Invariant: a member speaks for itself alone, since the broker takes
 * its name from its link; who takes part is decided in one place, so that concurrent changes need no merging.
 */
import type { Behavior, BehaviorAgent, LifecycleCalls, StoreCompletion } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { nameProblem } from '../../../kernel/identity.ts';
import { hexOf } from '../../../kernel/wire/bytes.ts';
import type { Answer, Questioner, SwarmCore } from '../../swarm/core/shared.ts';
import type { ConversationsShape, ConversationView, Joining, JoinOutcome } from './conversation-types.ts';
import { conversationLimits } from './limits.ts';
import { conversationLabel, conversationsTopic, isConversationId } from './shared.ts';

export const conversationsFeature = 'conversations';

type StoreVerbs = ConversationsShape['store'];
type Completion = StoreCompletion<StoreVerbs>;
type Input = Readonly<Record<string, unknown>>;

const idBytes = 16;

export class Conversations implements Behavior<ConversationsShape> {
  readonly name = conversationsFeature;
  readonly lifecycle: LifecycleCalls<ConversationsShape> = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly store = {
    completed: (_agent: unknown, completion: Completion) => this.completed(completion),
  };
  private readonly swarm: SwarmCore;
  private agent!: BehaviorAgent<ConversationsShape>;
  private readonly operations = new Map<number, (completion: Completion) => void>();

  constructor(swarm: SwarmCore) {
    this.swarm = swarm;
    swarm.follow({
      officeChanged: () => {
        if (swarm.office.state === 'elsewhere') this.operations.clear();
      },
    });
    this.answer('begin', (from, input, reply) => this.join(from, input, reply, true));
    this.answer('join', (from, input, reply) => this.join(from, input, reply, false));
    this.answer('leave', (from, input, reply) => this.leave(from, input, reply));
    this.answer('read', (_from, input, reply) =>
      this.ask('read', input.id as string, reply, (view) => reply.answer(JSON.stringify(view))),
    );
    swarm.answerBy('conversations.of', ({ name }, input, reply) => {
      const { after } = (input ?? {}) as Input;
      const page = {
        after: typeof after === 'string' ? after : '',
        limit: conversationLimits.conversationsPerPage,
      };
      this.ask('of', { name, ...page }, reply, (views) => reply.answer(JSON.stringify(views)));
    });
  }

  /** For a conversation that this node begins: drawn here, so that a question that is sent again begins no other one. */
  newId(): string {
    return hexOf(this.agent.random.bytes(idBytes));
  }

  private answer(verb: string, act: (from: Questioner, input: Input, reply: Answer) => void): void {
    this.swarm.answerBy(`conversations.${verb}`, (from, given, reply) => {
      const input = (given ?? {}) as Input;
      if (isConversationId(input.id)) return act(from, input, reply);
      const shown = String(input.id).slice(0, 80);
      reply.fail(failure('SKEIN_INVALID', `a conversation's id is 32 hexadecimal digits, got "${shown}"`));
    });
  }

  private join({ name: by }: Questioner, input: Input, reply: Answer, isBegun: boolean): void {
    const names = this.namesOf(input, by);
    if (!Array.isArray(names)) return reply.fail(names as Failure);
    const joining: Joining = { id: input.id as string, by, names };
    const done = (outcome: JoinOutcome): void => {
      if (outcome.type !== 'done') return reply.fail(problemOf(joining, outcome));
      if (outcome.isChanged) this.touched(outcome.view, []);
      reply.answer(JSON.stringify(outcome.view));
    };
    if (isBegun) this.ask('begin', { ...joining, now: Math.floor(this.agent.wallNow) }, reply, done);
    else this.ask('join', joining, reply, done);
  }

  /** The names that come into it, each once. */
  private namesOf({ names, allowUnknown }: Input, by: string): readonly string[] | Failure {
    const { conversationParticipantsMax } = conversationLimits;
    if (!Array.isArray(names) || names.length > conversationParticipantsMax)
      return failure('SKEIN_INVALID', `names: give up to ${conversationParticipantsMax} names of nodes`);
    const wrong = names.map(nameProblem).find((problem) => problem !== undefined);
    if (wrong !== undefined) return failure('SKEIN_INVALID', wrong);
    const once = [...new Set(names as string[])];
    const unknown =
      allowUnknown === true ? [] : once.filter((name) => name !== by && !this.swarm.hasSeen(name));
    if (unknown.length === 0) return once;
    const text = `the swarm has never seen ${unknown.slice(0, 5).join(', ')}: check the name, or allow unknown nodes`;
    return failure('SKEIN_UNKNOWN_NODE', text, { nodes: unknown });
  }

  private leave({ name: by }: Questioner, { id }: Input, reply: Answer): void {
    this.ask('leave', { id: id as string, by }, reply, (view: ConversationView | null) => {
      this.touched(view ?? { id: id as string, participants: [] }, [by]);
      reply.answer(JSON.stringify(view));
    });
  }

  /** @param gone Who does not take part in it any more. */
  private touched(
    { id, participants }: Pick<ConversationView, 'id' | 'participants'>,
    gone: readonly string[],
  ): void {
    this.swarm.touched(conversationLabel(id));
    for (const name of [...participants, ...gone]) this.swarm.touched(conversationsTopic(name));
  }

  // ── the store ─────────────────────────────────────────────────────────────────────────────────────

  private ask<V extends keyof StoreVerbs & string>(
    verb: V,
    input: Parameters<StoreVerbs[V]>[0],
    reply: Answer,
    then: (value: ReturnType<StoreVerbs[V]>) => void,
  ): void {
    this.operations.set(this.agent.store(verb, input), (completion) => {
      if (completion.ok) return then(completion.value as ReturnType<StoreVerbs[V]>);
      this.swarm.operationFailed(completion.failure);
      reply.fail(completion.failure);
    });
  }

  private completed(completion: Completion): void {
    const then = this.operations.get(completion.token);
    this.operations.delete(completion.token);
    then?.(completion);
  }
}

function problemOf({ id, by }: Joining, { type }: Exclude<JoinOutcome, { type: 'done' }>): Failure {
  const { conversationParticipantsMax, conversationsBegunMax } = conversationLimits;
  switch (type) {
    case 'unknown':
      return failure(
        'SKEIN_INVALID',
        `there is no conversation ${id}: nobody takes part in it any more, or it was never begun; begin another one`,
      );
    case 'other':
      return failure('SKEIN_INVALID', `another node has begun conversation ${id}: begin one with another id`);
    case 'crowded':
      return failure(
        'SKEIN_TOO_LARGE',
        `conversation ${id} would have more than ${conversationParticipantsMax} participants`,
      );
    case 'many':
      return failure(
        'SKEIN_BUSY',
        `${by} has begun ${conversationsBegunMax} conversations that somebody still takes part in: leave some of them`,
      );
  }
}
