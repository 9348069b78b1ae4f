/** What a store and its thread say to each other. */
import type { Failure } from '../../kernel/errors.ts';
import type { SizedEntry } from '../group.ts';

export interface StoreThreadData {
  readonly path: string;
  /** Addresses of modules that export `parts`. */
  readonly modules: readonly string[];
  /** Of a thread before this one, which has ended: the id of its store, and its last claim. */
  readonly before?: { readonly id: string; readonly epoch: number };
}

export type ToThread =
  /** To be carried out after all that came before. */
  | { readonly type: 'operations'; readonly operations: readonly SizedEntry[] }
  | { readonly type: 'backup'; readonly file: string }
  | { readonly type: 'close' };

export type ThreadOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

export type FromThread =
  | { readonly type: 'open'; readonly id: string; readonly epoch: number }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'warning'; readonly text: string }
  /** One for each that was asked for, in that order. */
  | { readonly type: 'backup'; readonly failure?: Failure }
  | {
      readonly type: 'outcomes';
      /** Of the first operations that were not answered before. */
      readonly outcomes: readonly ThreadOutcome[];
      /** The thread ends now, and has begun none of the operations that are not answered. */
      readonly isLast: boolean;
      /** Of the last claim. */
      readonly epoch: number;
    };
