/**
 * Conversations of another store, for the one that takes them: under their ids, with who takes part.
 *
 * Called for `skein store merge`. Invariant: one that the store knows already stays as it is there, since nodes may have
 * come and gone meanwhile; they stay where they were, too, so that it can be done again.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { HandedOver, Handover } from '../../../stores/sqlite/part.ts';
import type { ConversationsShape, ConversationView } from '../core/conversation-types.ts';
import { conversationLimits } from '../core/limits.ts';

type Outcome = ReturnType<ConversationsShape['store']['take']>[number];

interface Row {
  readonly id: string;
  readonly started_by: string;
  readonly started_at: number;
}

/** Each has up to 256 names. */
const conversationsPerStep = 100;

export function* conversationsHandedOver(from: SqliteDatabase): Iterable<Handover> {
  const page = from.prepare(
    `SELECT * FROM conversations_conversation WHERE id > ? ORDER BY id LIMIT ${conversationsPerStep}`,
  );
  const names = from.prepare('SELECT name FROM conversations_participant WHERE id = ? ORDER BY name');
  const viewOf = ({ id, started_by, started_at }: Row): ConversationView => ({
    ...{ id, startedBy: started_by, startedAt: started_at },
    participants: names.all(id).map((row) => (row as { readonly name: string }).name),
  });
  for (let after = ''; ; ) {
    const rows = page.all(after) as Row[];
    const last = rows.at(-1);
    if (last === undefined) return;
    yield handover(rows.map(viewOf));
    after = last.id;
  }
}

function handover(views: readonly ConversationView[]): Handover {
  return {
    put: { verb: 'take', input: views as never },
    taken(answer): HandedOver {
      const outcomes = answer as readonly Outcome[];
      const moved = outcomes.filter((outcome) => outcome === 'taken').length;
      return { operations: [], moved, left: views.flatMap((view, i) => whyLeft(view, outcomes[i])) };
    },
  };
}

function whyLeft({ id, startedBy }: ConversationView, outcome: Outcome | undefined): string[] {
  if (outcome !== 'many') return [];
  const { conversationsBegunMax } = conversationLimits;
  return [`conversation ${id}: ${startedBy} has begun ${conversationsBegunMax} already`];
}
