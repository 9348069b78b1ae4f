/**
 * Compares what senders were told with what recipients had.
 *
 * Used by the judge. Invariant: a receipt is false only when no life of the recipient can have had the
 * message: none reported it, and none died with an unreported while during the send.
 */
import type { History, Life } from './history.ts';
import type { Ended, Sent } from './protocol.ts';

/** Recipients report twice a second; a stopped one 5 s later. */
const settleMs = 10_000;
/** A kill is noted before the signal is sent; the process may run on for as long as the signal takes. */
const signalMs = 500;

interface Claim {
  readonly life: Life;
  readonly sent: Sent;
  readonly ended: Ended;
}

export class Receipts {
  private readonly history: History;
  private readonly names: readonly string[];
  private waiting: Claim[] = [];
  /** Receipts that senders were told of. */
  count = 0;

  constructor(history: History, names: readonly string[]) {
    this.history = history;
    this.names = names;
  }

  note(life: Life, sent: Sent, ended: Ended): void {
    const { delivered } = ended;
    this.count += typeof delivered === 'number' ? delivered : delivered.length;
    this.waiting.push({ life, sent, ended });
  }

  /** The false ones among those that are old enough; with `all` they all are. */
  judge(now: number, all = false): string[] {
    const isRipe = ({ ended }: Claim): boolean => all || now - ended.atMs >= settleMs;
    const ripe = this.waiting.filter(isRipe);
    this.waiting = this.waiting.filter((claim) => !isRipe(claim));
    return ripe.flatMap((claim) => this.claim(claim));
  }

  private claim({ life, sent, ended }: Claim): string[] {
    const { delivered } = ended;
    if (typeof delivered === 'number') {
      const possible = this.names.filter(
        (name) => name !== life.name && this.mayHave(name, sent, ended),
      ).length;
      return delivered <= possible
        ? []
        : [`${sent.key}: ${delivered} receipts were told, but only ${possible} can have it`];
    }
    return delivered
      .filter((name) => !this.mayHave(name, sent, ended))
      .map((name) => `${sent.key}: a receipt of ${name} was told, and ${name} never had it`);
  }

  private mayHave(name: string, sent: Sent, ended: Ended): boolean {
    return this.history
      .livesOf(name)
      .some((life) => life.received.has(sent.key) || couldHide(life, sent, ended));
  }
}

/** It was killed, and between its last report and its end the message may have come and been receipted. */
function couldHide(life: Life, sent: Sent, ended: Ended): boolean {
  return life.killed && life.throughMs <= ended.atMs && (life.endedMs as number) + signalMs >= sent.atMs;
}
