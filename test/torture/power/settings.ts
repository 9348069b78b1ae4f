/**
 * What the traced programs are asked to do.
 *
 * Invariant: the log of each work grows beyond what a checkpoint leaves, so that cuts meet checkpoints as well.
 */
export interface WorkSettings {
  /** The store of the broker: two folders below are not there yet. */
  readonly store: string;
  /** Lines of what authors and recipients know for certain; outside the disk that is rebuilt. */
  readonly receipts: string;
  readonly brokerProgram: string;
  readonly seed: number;
  /** In each incarnation of the broker. */
  readonly letters: number;
  /** Incarnations of the broker: killed and closed by turns, the last one closed. */
  readonly incarnations: number;
}

/** A broker that is killed, one that is closed, and one after that; about 1,100 letters, and two or three checkpoints each. */
export const fullWork = { letters: 300, incarnations: 3 };
/** A broker that is killed, and the next one. */
export const shortWork = { letters: 60, incarnations: 2 };
