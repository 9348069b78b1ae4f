/**
 * One thing that a channel does at a time to come.
 *
 * Made by the channel and its parts, one for each such thing. Invariant: of several times that were asked for it
 * keeps the earliest, and whoever looks after the channels is told of each.
 */
const never = Number.POSITIVE_INFINITY;

export class Alarm {
  /** Infinity: not set. */
  at = never;
  private readonly hurry: (at: number) => void;

  /** @param hurry Is told that the channel wants to be looked at then, or before. */
  constructor(hurry: (at: number) => void) {
    this.hurry = hurry;
  }

  get isSet(): boolean {
    return this.at !== never;
  }

  /** Then at the latest. */
  by(time: number): void {
    if (time < this.at) this.at = time;
    this.hurry(time);
  }

  clear(): void {
    this.at = never;
  }
}
