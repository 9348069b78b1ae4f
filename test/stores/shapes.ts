/**
 * What two features ask of a store, as types and as models: what every store must carry out alike.
 *
 * Used by the conformance suite; a store that does not run models implements these verbs in its own way.
 */
import { SkeinError } from '../../src/kernel/errors.ts';
import type { LogEvent, LogPage, LogRequest } from '../../src/kernel/log-event.ts';
import { Cell, Table } from '../../src/stores/collections.ts';
import { storeModel } from '../../src/stores/model.ts';

export interface Row {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export type LedgerVerbs = {
  /** Adds or replaces; answers how often anything was put. */
  put(input: Row & { readonly n: number }): number;
  get(n: number): Row | undefined;
  /** False: there was none. */
  remove(n: number): boolean;
  /** From one number to below another, in their order. */
  list(range: { readonly from: number; readonly below: number }): (Row & { readonly n: number })[];
  /** Puts these one after the other, and throws after so many. */
  putAll(input: {
    readonly rows: readonly (Row & { readonly n: number })[];
    readonly failAfter: number;
  }): void;
  /** Fails with a code of its own. */
  refuse(input: { readonly why: string }): void;
  /** Appends events to the log and puts a row, and throws then where it is to fail. */
  note(input: { readonly events: readonly LogEvent[]; readonly fails?: boolean }): void;
  readLog(request: LogRequest): LogPage;
};

/** With verbs of the same names, to show that features have nothing in common. */
export type TallyVerbs = {
  put(by: number): number;
  get(): number;
};

interface LedgerState {
  readonly rows: Table<number, Row>;
  readonly puts: Cell<number>;
}

const put = ({ rows, puts }: LedgerState, { n, text, bytes }: Row & { readonly n: number }): number => {
  puts.value++;
  rows.put(n, { text, bytes });
  return puts.value;
};

const ledger = storeModel<LedgerVerbs, LedgerState>({
  name: 'ledger',
  initial: () => ({ rows: new Table(), puts: new Cell(0) }),
  frees: ['remove'],
  operations: {
    put,
    get: ({ rows }, n) => rows.get(n),
    remove: ({ rows }, n) => rows.delete(n),
    list: ({ rows }, range) => [...rows.rows(range)].map(([n, row]) => ({ n, ...row })),
    putAll: (state, { rows, failAfter }) => {
      for (const [i, row] of rows.entries()) {
        if (i === failAfter) throw new Error(`failed after ${failAfter}`);
        put(state, row);
      }
    },
    refuse: (state, { why }) => {
      put(state, { n: 1, text: why, bytes: new Uint8Array() });
      throw new SkeinError('SKEIN_REFUSED', why, { details: { why } });
    },
    note: (state, { events, fails = false }, log) => {
      log.append(events);
      put(state, { n: 1, text: 'noted', bytes: new Uint8Array() });
      if (fails) throw new Error('noted, and failed');
    },
    readLog: (_state, request, log) => log.read(request),
  },
});

const tally = storeModel<TallyVerbs, { readonly total: Cell<number> }>({
  name: 'tally',
  initial: () => ({ total: new Cell(0) }),
  operations: {
    put: ({ total }, by) => {
      total.value += by;
      return total.value;
    },
    get: ({ total }) => total.value,
  },
});

export const conformanceModels = [ledger, tally] as const;
