/** What a member of the fleet is asked to do. */
export interface MemberWork {
  readonly name: string;
  readonly namespace: string;
  readonly formation: string;
  /** One file for all of them: whichever is the broker writes it. */
  readonly store: string;
  /** Lines of what it knows for certain, over all its incarnations. */
  readonly diary: string;
  readonly role: Role;
  readonly recipients: readonly string[];
}

/** Handlers of a recipient that are called at a time. */
export const handlersAtWork = 8;

/** `spare`: it is there to become the broker. */
export type Role = 'spare' | 'sender' | 'recipient' | 'recipient with dedup';

export type ToMember = 'finish' | 'close';

/** `broker`: this node follows a broker, itself or another. `finished`: all that it has begun to send is stored. */
export type FromMember =
  | { readonly type: 'broker'; readonly broker: string; readonly epoch: number }
  | { readonly type: 'finished' };
