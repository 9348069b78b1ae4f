/** What the core of conversations, its program and its store say to each other. */
import type { Shape } from '../../../kernel/contracts.ts';

/** A conversation, as the swarm knows it. */
export interface ConversationView {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Name of the node that began it. */
  readonly startedBy: string;
  /** When it was begun, in Unix milliseconds by the broker's clock. */
  readonly startedAt: number;
  /** Names of the nodes that take part in it, sorted. */
  readonly participants: readonly string[];
}

/** Some nodes come into a conversation. */
export interface Joining {
  readonly id: string;
  /** Takes part in it from now on, where it did not. */
  readonly by: string;
  readonly names: readonly string[];
}

export type JoinOutcome =
  | { readonly type: 'done'; readonly view: ConversationView; readonly isChanged: boolean }
  /** There is no such conversation. */
  | { readonly type: 'unknown' }
  /** Another node has begun one of that id. */
  | { readonly type: 'other' }
  /** It would have more participants than one may have. */
  | { readonly type: 'crowded' }
  /** The node has begun as many as it may. */
  | { readonly type: 'many' };

export interface ConversationsShape extends Shape {
  readonly store: {
    begin(input: Joining & { readonly now: number }): JoinOutcome;
    join(input: Joining): JoinOutcome;
    /** What it is then; null: nobody takes part in it any more, or it never was. */
    leave(input: { readonly id: string; readonly by: string }): ConversationView | null;
    read(id: string): ConversationView | null;
    /** Those of another store. `known`: it stays as it is here. `many`: its node has begun too many. */
    take(views: readonly ConversationView[]): readonly ('taken' | 'known' | 'many')[];
    of(input: {
      readonly name: string;
      readonly after: string;
      readonly limit: number;
    }): readonly ConversationView[];
  };
}
