/**
 * What the operations of conversations on the store mean.
 *
 * The oracle of every store. Invariant: a conversation that is kept has a participant, and `begun` counts those of each
 * node that began them.
 */
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import type { ConversationsShape, ConversationView, JoinOutcome } from '../core/conversation-types.ts';
import { conversationLimits } from '../core/limits.ts';

interface State {
  readonly conversations: Table<string, Omit<ConversationView, 'id'>>;
  readonly byName: Table<readonly [string, string], null>;
  readonly begun: Table<string, number>;
}

export const conversationsModel = storeModel<ConversationsShape['store'], State>({
  name: 'conversations',
  frees: ['leave'],
  initial: () => ({ conversations: new Table(), byName: new Table(), begun: new Table() }),
  operations: {
    begin(state, { id, by, names, now }) {
      const known = state.conversations.get(id);
      if (known !== undefined) return known.startedBy === by ? join(state, id, by, names) : { type: 'other' };
      const count = state.begun.get(by) ?? 0;
      if (count >= conversationLimits.conversationsBegunMax) return { type: 'many' };
      if (withOthers([], by, names).length > conversationLimits.conversationParticipantsMax)
        return { type: 'crowded' };
      state.begun.put(by, count + 1);
      state.conversations.put(id, { startedBy: by, startedAt: now, participants: [] });
      return join(state, id, by, names);
    },
    join: (state, { id, by, names }) => join(state, id, by, names),
    leave(state, { id, by }) {
      const row = state.conversations.get(id);
      if (row === undefined) return null;
      const participants = row.participants.filter((name) => name !== by);
      state.byName.delete([by, id]);
      if (participants.length > 0) {
        state.conversations.put(id, { ...row, participants });
        return viewOf(state, id);
      }
      const { startedBy } = row;
      state.conversations.delete(id);
      const left = (state.begun.get(startedBy) as number) - 1;
      if (left === 0) state.begun.delete(startedBy);
      else state.begun.put(startedBy, left);
      return null;
    },
    read: viewOf,
    take: (state, views) =>
      views.map(({ id, startedBy, startedAt, participants }) => {
        if (state.conversations.get(id) !== undefined) return 'known';
        const count = state.begun.get(startedBy) ?? 0;
        if (count >= conversationLimits.conversationsBegunMax) return 'many';
        state.begun.put(startedBy, count + 1);
        state.conversations.put(id, { startedBy, startedAt, participants });
        for (const name of participants) state.byName.put([name, id], null);
        return 'taken';
      }),
    of(state, { name, after, limit }) {
      const found: ConversationView[] = [];
      for (const [[owner, id]] of state.byName.rows({ from: [name, after] })) {
        if (owner !== name || found.length === limit) break;
        if (id !== after) found.push(viewOf(state, id) as ConversationView);
      }
      return found;
    },
  },
});

function join(state: State, id: string, by: string, names: readonly string[]): JoinOutcome {
  const row = state.conversations.get(id);
  if (row === undefined) return { type: 'unknown' };
  const participants = withOthers(row.participants, by, names);
  if (participants.length > conversationLimits.conversationParticipantsMax) return { type: 'crowded' };
  const isChanged = participants.length > row.participants.length;
  for (const name of participants) state.byName.put([name, id], null);
  if (isChanged) state.conversations.put(id, { ...row, participants });
  return { type: 'done', view: viewOf(state, id) as ConversationView, isChanged };
}

function withOthers(participants: readonly string[], by: string, names: readonly string[]): string[] {
  return [...new Set([...participants, by, ...names])].sort();
}

function viewOf(state: State, id: string): ConversationView | null {
  const row = state.conversations.get(id);
  return row === undefined ? null : { id, ...row };
}
