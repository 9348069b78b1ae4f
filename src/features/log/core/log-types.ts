/** What the log's core, its program and its store say to each other. */
import type { Shape } from '../../../kernel/contracts.ts';
import type { LogEvent, LogPage, LogRequest } from '../../../kernel/log-event.ts';

/** Somebody that gets every event, and how far it has come. */
export interface ReaderState {
  readonly name: string;
  /** The last event that it has acknowledged. */
  readonly n: number;
  /** When it did: Unix milliseconds. */
  readonly at: number;
}

/** By which a batch of envelopes is known again: an author sends it to each next broker until one has answered. */
export interface BatchMark {
  readonly author: string;
  /** Of the author. */
  readonly incarnation: number;
  /** Rises with each batch of that incarnation. */
  readonly number: number;
  /** When it came: Unix milliseconds. */
  readonly at: number;
}

export interface LogShape extends Shape {
  readonly commands: {
    ask(question: { readonly verb: string; readonly input: unknown }): string;
    /** Ends once the broker has the envelopes of what this node has sent, or has not taken them. */
    drain(nothing: undefined): void;
  };
  readonly store: {
    read(request: LogRequest): LogPage;
    /** Envelopes of messages. False: a batch of this mark, or a later one of its author, was appended before. */
    append(input: { readonly events: readonly LogEvent[]; readonly mark: BatchMark | null }): boolean;
    /** The last event that it has acknowledged; of a new durable reader the one before the oldest that is kept. */
    reader(name: string): number;
    acknowledge(state: ReaderState): void;
    readers(): readonly ReaderState[];
    /** False: there was none. */
    forget(name: string): boolean;
    /** True: there is more to delete. */
    trim(input: { readonly now: number; readonly rows: number }): boolean;
  };
}

/** What the broker answers a reader. */
export interface LogAnswer {
  readonly page: LogPage;
  /** First 48 bits of the store's id, 12 hexadecimal digits. */
  readonly store: string;
  /** The reader's cursor is of another store: it has read nothing of this one. */
  readonly isOther: boolean;
}

/** A place in the log of a store: `STORE.N`, the first 12 digits of the store's id and a number. */
export interface Cursor {
  readonly store: string;
  readonly n: number;
}

const cursorPattern = /^([0-9a-f]{12})\.(0|[1-9]\d{0,15})$/;

/** Undefined: it is none. */
export function readCursor(text: unknown): Cursor | undefined {
  const [, store, digits] = (typeof text === 'string' ? cursorPattern.exec(text) : undefined) ?? [];
  const n = Number(digits);
  return store === undefined || !Number.isSafeInteger(n) ? undefined : { store, n };
}

export function writeCursor(store: string, n: number): string {
  return `${store}.${n}`;
}
