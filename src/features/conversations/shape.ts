/** The one type argument of the conversations feature. */
import type { ConversationsShape, ConversationView } from './core/conversation-types.ts';

/** Which nodes come into a conversation. */
export interface Guests {
  readonly names: string[];
  /** They need not be known to the swarm. */
  readonly allowUnknown: boolean;
}

/** What features that need conversations may use in the node's process. Each throws a SkeinError. */
export interface ConversationsShared {
  begin(guests: Guests): Promise<ConversationView>;
  /** This node takes part in it from now on, and so do the guests. */
  join(id: string, guests: Guests): Promise<ConversationView>;
  leave(id: string): Promise<void>;
  /** Undefined: nobody takes part in it, or it never was. */
  read(id: string): Promise<ConversationView | undefined>;
  /** Those that this node takes part in. */
  all(): Promise<ConversationView[]>;
}

export interface ConversationsFeatureShape extends ConversationsShape {
  readonly api: object;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: ConversationsShared;
}
