/**
 * The rows of letters in the model of a store, and its collections before anything was stored.
 *
 * Used by `model.ts`, which says what each operation makes of them.
 */
import { Cell, Table } from '../../../stores/collections.ts';
import type { RecipientState, StoredLetter } from '../core/letters-types.ts';
import { noReports, type ReportState } from './reports-model.ts';

export type LetterRow = Omit<StoredLetter, 'notBefore' | 'key' | 'expiresAt' | 'failed'> & {
  /** Copies that have not ended. */
  readonly pending: number;
  readonly bytes: number;
  /** When the last copy ended. 0: not yet. */
  readonly endedAt: number;
  readonly key: string;
};

export interface Copy {
  /** 0: at once. */
  readonly due: number;
  /** How long that was when it was said. */
  readonly waitMs: number;
  readonly attempts: number;
  readonly expiresAt: number;
  readonly hasFailed: boolean;
  readonly reason: string;
}

export interface End {
  readonly state: RecipientState;
  readonly at: number;
  readonly attempts: number;
  readonly reason: string;
}

export interface State extends ReportState {
  readonly last: Cell<number>;
  readonly letters: Table<number, LetterRow>;
  readonly byId: Table<string, number>;
  readonly byKey: Table<readonly [string, string], number>;
  readonly copies: Table<readonly [string, number], Copy>;
  /** Copies that wait for a time. */
  readonly due: Table<readonly [string, number, number], null>;
  readonly expiring: Table<readonly [number, number, string], null>;
  readonly ends: Table<readonly [number, string], End>;
  readonly ended: Table<readonly [number, number], null>;
  readonly mailboxes: Table<string, { readonly letters: number; readonly bytes: number }>;
}

export function noLetters(): State {
  return {
    last: new Cell(0),
    letters: new Table(),
    byId: new Table(),
    byKey: new Table(),
    copies: new Table(),
    due: new Table(),
    expiring: new Table(),
    ends: new Table(),
    ended: new Table(),
    mailboxes: new Table(),
    ...noReports(),
  };
}
