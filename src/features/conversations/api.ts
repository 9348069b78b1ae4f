/** Conversations, as a program sees them in the lists of letters: `letters.converse` makes one. */
export type { ConversationView } from './core/conversation-types.ts';
