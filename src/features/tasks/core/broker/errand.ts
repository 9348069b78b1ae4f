/** What a member has said to the broker, while it is carried out or waits for that. */
import type { StoreCompletion } from '../../../../kernel/contracts.ts';
import type { Failure } from '../../../../kernel/errors.ts';
import type { Member, SwarmCore } from '../../../swarm/core/shared.ts';
import type { FromBroker, FromMember } from '../messages.ts';
import type { AskStore, TasksShape } from '../tasks-shape.ts';
import type { ByBroker } from '../tasks-types.ts';

export type MessageOf<Type extends FromMember['type']> = Extract<FromMember, { type: Type }>;

export interface Errand<Message extends FromMember = FromMember> {
  readonly from: Member;
  readonly message: Message;
  /** It was carried out before, and what became of that is unknown: of an order nothing but the store can say that it is not there. */
  readonly wasTried?: true;
  /** It is carried out for good. */
  readonly done: () => void;
}

export type Completion = StoreCompletion<TasksShape['store']>;

/** What every part of the broker's side uses. */
export interface Desk {
  readonly swarm: SwarmCore;
  readonly ask: AskStore;
  /** For the log and the times of what the broker does by itself. */
  by(): ByBroker;
  /** Kernel time. */
  now(): number;
  /** Places of this store, as messages name it. */
  storeTag(): number;
  /** To one incarnation alone. */
  reply(end: { readonly node: number; readonly life: number }, message: FromBroker): void;
  /** An operation has failed, and the store has nothing of it. @param errand To be carried out once more. */
  failed(why: Failure, errand?: Errand): void;
  flushLater(): void;
}
