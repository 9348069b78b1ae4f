/**
 * Merges a store into another one: what waits in it waits in the other one afterwards, and what it knows the other one knows.
 *
 * Called for an operator, where two swarms began on two machines that had not heard of each other, or where a store was
 * abandoned and its file is back. Invariant: neither store is in use; what was not moved stays where it is, and a merge that
 * was interrupted is done again without harm.
 */

import type { StoreOperation } from '../../kernel/contracts.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { type Claim, claimingPart, claimVerb } from '../claim.ts';
import { checkStore, fileSizeOf } from './check.ts';
import { SqliteEngine } from './engine.ts';
import type { SqliteDatabase, SqliteLibrary } from './library.ts';
import type { AnySqlitePart } from './part.ts';
import { refuseInUse } from './restore.ts';

export interface MergeOptions {
  readonly library: SqliteLibrary;
  readonly parts: readonly AnySqlitePart[];
  /** Unix milliseconds. */
  readonly now: number;
  /** Called with the id of the store that is to take it. Throws where that one must not. */
  readonly check?: (into: string) => void;
}

export interface Merged {
  /** By feature: what waits in the other store now, or what that one did not know. */
  readonly moved: Readonly<Record<string, number>>;
  /** What stayed where it is, and why. */
  readonly left: readonly string[];
}

/**
 * @param from The store that is emptied. @param path The store that takes it.
 * @throws SkeinError SKEIN_BUSY where one of them is in use; SKEIN_INVALID where they are one; SKEIN_STORE.
 */
export function mergeStore(from: string, path: string, options: MergeOptions): Merged {
  const { library, parts } = options;
  // First: a file that was looked at may stay open in this process.
  for (const each of [from, path]) {
    fileSizeOf(each);
    refuseInUse(library, each, 'merge');
  }
  const ids = [from, path].map((each) => wholeStore(each, library));
  if (ids[0] === ids[1])
    throw new SkeinError(
      'SKEIN_INVALID',
      `${from} is the store ${path} itself, or a copy of it: name another store`,
    );
  options.check?.(ids[1] as string);
  const giver = claimed(new SqliteEngine({ library, path: from, parts }));
  try {
    const taker = claimed(new SqliteEngine({ library, path, parts }));
    try {
      return merged(giver, taker, { from, path }, options);
    } finally {
      taker.close();
    }
  } finally {
    giver.close();
  }
}

function wholeStore(path: string, library: SqliteLibrary): string {
  const { problems, facts } = checkStore(path, library);
  if (facts !== undefined && problems.length === 0) return facts.id;
  throw new SkeinError('SKEIN_STORE', `the store ${path} is damaged, and nothing was moved: ${problems[0]}`);
}

function merged(
  giver: SqliteEngine,
  taker: SqliteEngine,
  { from, path }: { readonly from: string; readonly path: string },
  { library, parts, now }: MergeOptions,
): Merged {
  const moved: Record<string, number> = {};
  const left: string[] = [];
  // The engines are alone: what they write is seen at once.
  const source = library.open(from, { readOnly: true });
  const target = library.open(path, { readOnly: true });
  try {
    const aheadOf = (database: SqliteDatabase): number =>
      parts.reduce((sum, { aheadMs }) => sum + (aheadMs?.(database) ?? 0), 0);
    const terms = {
      into: taker.id,
      taker: target,
      now,
      aheadMs: aheadOf(target),
      fromAheadMs: aheadOf(source),
    };
    for (const { name, handOver } of parts) {
      if (handOver === undefined) continue;
      moved[name] = 0;
      for (const step of handOver(source, terms)) {
        const [answer] = carriedOut(taker, name, [step.put]);
        const handed = step.taken(answer);
        carriedOut(giver, name, handed.operations);
        moved[name] += handed.moved;
        left.push(...handed.left);
      }
    }
  } finally {
    source.close();
    target.close();
  }
  return { moved, left };
}

/** A broker that starts meanwhile finds that it is not the one that writes. */
function claimed(engine: SqliteEngine): SqliteEngine {
  const [claim] = carriedOut(engine, claimingPart, [{ verb: claimVerb, input: 1 as never }]) as [Claim];
  if (!claim.isClaimed)
    carriedOut(engine, claimingPart, [{ verb: claimVerb, input: (claim.epoch + 1) as never }]);
  return engine;
}

function carriedOut(engine: SqliteEngine, feature: string, operations: readonly StoreOperation[]): unknown[] {
  return engine.carryOut(operations.map((operation) => ({ feature, operation }))).map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  });
}
