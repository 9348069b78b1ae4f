/** The limits of conversations, each with its reason. */
export const conversationLimits = {
  /** Nodes that take part in one conversation: as many as a delivered letter names. */
  conversationParticipantsMax: 256,
  /** Conversations begun by one node that somebody still takes part in: what one member can make the store hold. */
  conversationsBegunMax: 1000,
  /** Conversations in one answer to a question: with 256 names each it is below 1 MiB. */
  conversationsPerPage: 50,
} as const;
