/**
 * What endangers the stores of a node, for its log and for `status`.
 *
 * Made by create-node; the stores warn, the driver shows it. Invariant: each warning is kept once, the latest ones of many.
 */
import type { HostWarning } from '../node/node.ts';
import { hostLimits } from './limits.ts';

export class StoreWarnings {
  private readonly log: (text: string) => void;
  private readonly now: () => number;
  private readonly kept = new Map<string, number>();

  constructor(log: (text: string) => void, now: () => number = Date.now) {
    this.log = log;
    this.now = now;
  }

  get all(): readonly HostWarning[] {
    return [...this.kept].map(([text, at]) => ({ at, text }));
  }

  readonly warn = (text: string): void => {
    this.log(text);
    this.kept.delete(text);
    this.kept.set(text, this.now());
    const [oldest] = this.kept.keys();
    if (this.kept.size > hostLimits.storeWarningsKept && oldest !== undefined) this.kept.delete(oldest);
  };
}
