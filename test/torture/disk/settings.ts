/** What the members are asked to do. */
export interface DiskWork {
  readonly store: string;
  /** Lines of what authors and the recipient know for certain. */
  readonly diary: string;
  readonly brokerProgram: string;
  /** Of strace, with its arguments: runs the broker. */
  readonly tracer: readonly string[];
  readonly seed: number;
  readonly letters: number;
}
