/** What a member of the fleet is asked to do. */
import type { NodeSettings } from '../member-node.ts';

export interface MemberWork extends NodeSettings {
  /** Lines of what it knows for certain, over all its incarnations. */
  readonly diary: string;
  readonly role: Role;
  readonly recipients: readonly string[];
}

/** Handlers of a recipient that are called at a time. */
export const handlersAtWork = 8;

/** `spare`: it is there to become the broker. */
export type Role = 'spare' | 'sender' | 'recipient' | 'recipient with dedup';

/** In the order in which they are started. */
export const roles: Readonly<Record<string, Role>> = {
  ...{ spare1: 'spare', spare2: 'spare', ann: 'sender', eve: 'sender', joe: 'sender' },
  ...{ bob: 'recipient', cat: 'recipient', dan: 'recipient with dedup' },
};
