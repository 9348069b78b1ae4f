/**
 * Where a chat is typed and read: a terminal (`terminal-console.ts`), or two pipes.
 *
 * Made by `openConsole`. Invariant: what is printed never stands in the middle of the line that is being typed.
 */

export interface ChatConsole {
  /** The lines that were typed, until there are no more. */
  readonly lines: AsyncIterable<string>;
  /** Prints these lines. Resolves once they are written. */
  print(text: string): Promise<void>;
  /** Prints why something failed. */
  complain(text: string): Promise<void>;
  /** Is called at Ctrl-C while a command runs; the result takes that back. */
  onInterrupt(listener: () => void): () => void;
  /** Ends `lines`, and gives the terminal back. */
  close(): void;
}

/** What may stand at the end of the line, and the part of the line that each would replace. */
export type Complete = (line: string) => Promise<readonly [words: readonly string[], replaced: string]>;
