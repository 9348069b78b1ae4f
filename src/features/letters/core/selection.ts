/** Which letters a node wants to be handed: those that its program has handlers for. On the wire in `open`. */
import { isConversationLabel } from '../../conversations/core/shared.ts';

export interface Selection {
  /** Letters of these types. */
  readonly types: readonly string[];
  /** Of all other types, but those of conversations. */
  readonly others: boolean;
  /** Of all other conversations. */
  readonly conversations: boolean;
}

export function isSelected({ types, others, conversations }: Selection, type: string): boolean {
  return types.includes(type) || (isConversationLabel(type) ? conversations : others);
}
