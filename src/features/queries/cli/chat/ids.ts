/** What a person writes the id of in a chat: conversations, and orders. */
import type { IdKind } from '../../../../cli/kit/short-id.ts';

export const conversations: IdKind = {
  noun: 'conversation',
  unknown: (given) =>
    `this node takes part in no conversation ${given}: \`conversations\` lists those that it does; of another one write the whole id`,
};

export const orders: IdKind = {
  noun: 'order',
  unknown: (given) => `the swarm has no order ${given}: \`order status\` lists those of this node`,
};
