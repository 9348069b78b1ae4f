/**
 * What this node hears of its own letters from the broker: those that have ended without delivery.
 *
 * Made by the letters behavior. It asks each broker for them once its program uses letters. Invariant: of one end the
 * program is notified once in each incarnation: reports of a store come in the order of their numbers, and those up to the
 * last number are repeats.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { LettersEvent } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { encodeCollect, type LetterMessage } from './wire.ts';

export interface OwnReportsPorts {
  readonly agent: BehaviorAgent;
  /** False: there is no broker. */
  send(message: Uint8Array): boolean;
  deliver(event: LettersEvent): void;
}

export class OwnReports {
  private readonly ports: OwnReportsPorts;
  private isWanted = false;
  /** By store: the last one of which the program was notified. */
  private readonly heard = new Map<number, number>();

  constructor(ports: OwnReportsPorts) {
    this.ports = ports;
  }

  /** The program uses letters. */
  want(): void {
    if (this.isWanted) return;
    this.isWanted = true;
    this.brokerChanged();
  }

  /** There is another broker, or this node has one at last. */
  brokerChanged(): void {
    if (this.isWanted) this.ports.send(encodeCollect());
  }

  received({ store, dropped, reports }: Extract<LetterMessage, { type: 'report' }>): void {
    const { agent } = this.ports;
    const { name: author } = agent.self;
    const last = this.heard.get(store) ?? 0;
    const fresh = reports.filter(({ report }) => report > last);
    if (fresh.length === 0) return;
    this.remember(store, Math.max(...fresh.map(({ report }) => report)));
    if (dropped > 0)
      agent.log(
        'warn',
        `${dropped} letters of this node were not delivered and are not reported one by one, since more than ${letterLimits.letterReportsMax} reports waited: \`skein letter ls --from ${author}\` lists them`,
      );
    const letters = fresh.map(({ report: _, ...end }) => ({ ...end, author }));
    this.ports.deliver({ type: 'undelivered', letters });
  }

  private remember(store: number, report: number): void {
    this.heard.delete(store);
    this.heard.set(store, report);
    const [oldest] = this.heard.keys();
    if (this.heard.size > letterLimits.letterReportStoresMax) this.heard.delete(oldest as number);
  }
}
