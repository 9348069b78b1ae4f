/**
 * How much of one turn of the event loop a kind of work may take: a processor time, and a number of pieces.
 *
 * Who calls it: whatever does work that others cause. Invariant: between two calls of `renew` no piece begins once the
 * time or the number is used up. Without a clock the number alone counts.
 */
export class TimeSlice {
  private readonly timeMs: number;
  private readonly pieces: number;
  private usedMs = 0;
  private usedPieces = 0;

  constructor(timeMs: number, pieces: number) {
    this.timeMs = timeMs;
    this.pieces = pieces;
  }

  /** The loop has turned. */
  renew(): void {
    this.usedMs = 0;
    this.usedPieces = 0;
  }

  get isOver(): boolean {
    return this.usedMs >= this.timeMs || this.usedPieces >= this.pieces;
  }

  /** So little is left that the next turn should not begin with it. */
  get isHalfUsed(): boolean {
    return this.usedMs * 2 >= this.timeMs || this.usedPieces * 2 >= this.pieces;
  }

  /** One piece of work has taken this long. */
  use(milliseconds: number): void {
    this.usedMs += milliseconds;
    this.usedPieces++;
  }
}
