/** What the members are asked to do. */
export interface DiskWork {
  readonly store: string;
  /** Lines of what authors and the recipient know for certain. */
  readonly diary: string;
  readonly brokerProgram: string;
  /** Of strace, with its arguments: runs the broker. Empty: it runs by itself. */
  readonly tracer: readonly string[];
  /** This file takes all the room of the store's disk, by turns. Undefined: nothing does. */
  readonly filler: string | undefined;
  /** Where the store is in the end, since its disk goes with the program. Undefined: it stays where it is. */
  readonly kept: string | undefined;
  readonly seed: number;
  readonly letters: number;
}
