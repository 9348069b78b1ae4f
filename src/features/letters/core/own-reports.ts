/**
 * What this node hears of its own letters from the broker: those that have ended without delivery.
 *
 * Made by the letters behavior. While a program listens it asks each broker for them, and says with each question up to
 * where it has heard; what no program has heard stays in the store. Invariant: of one end the program is notified once in
 * each incarnation: reports of a store come in the order of their numbers, and those up to the last number that was heard
 * are repeats.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { LettersEvent, ReportPlace } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { encodeCollect, encodeHeard, type LetterMessage } from './wire.ts';

export interface OwnReportsPorts {
  readonly agent: BehaviorAgent;
  /** False: there is no broker. */
  send(message: Uint8Array): boolean;
  deliver(event: LettersEvent): void;
}

export class OwnReports {
  private readonly ports: OwnReportsPorts;
  private isListenedTo = false;
  /** By store: the last one of which the program was notified. */
  private readonly heardOf = new Map<number, number>();
  /** What the broker is to note. */
  private last: ReportPlace | undefined;
  /** Of the store that has reported last, and not said to the program yet. */
  private dropped = { store: 0, count: 0 };

  constructor(ports: OwnReportsPorts) {
    this.ports = ports;
  }

  /** A program listens, and none did before. */
  listening(): void {
    this.isListenedTo = true;
    this.collect();
  }

  /** What came last was heard by nobody, or by nobody up to its end: it comes again once somebody listens. */
  notListening(): void {
    this.isListenedTo = false;
  }

  /** There is another broker, or this node has one at last. */
  brokerChanged(): void {
    if (this.isListenedTo) this.collect();
  }

  received({ store, dropped, reports }: Extract<LetterMessage, { type: 'report' }>): void {
    if (!this.isListenedTo) return;
    const known = this.heardOf.get(store) ?? 0;
    const fresh = reports.filter(({ report }) => report > known);
    // The broker has not noted yet how far it was heard.
    if (fresh.length === 0) return this.heard({ store, report: known });
    this.dropped = { store, count: dropped };
    const { name: author } = this.ports.agent.self;
    const letters = fresh.map(({ report, ...end }) => ({ ...end, author, place: { store, report } }));
    this.ports.deliver({ type: 'undelivered', letters });
  }

  /** False: the program has heard of it already. */
  isNew({ store, report }: ReportPlace): boolean {
    return report > (this.heardOf.get(store) ?? 0);
  }

  /** A program has heard of all up to this one. */
  heard({ store, report }: ReportPlace): void {
    const isOfNow = this.dropped.store === store;
    const dropped = isOfNow ? this.dropped.count : 0;
    if (isOfNow) this.dropped = { store, count: 0 };
    this.warnOfDropped(dropped);
    this.heardOf.delete(store);
    this.heardOf.set(store, report);
    const [oldest] = this.heardOf.keys();
    if (this.heardOf.size > letterLimits.letterReportStoresMax) this.heardOf.delete(oldest as number);
    this.last = { store, report };
    // Once: a broker that does not note it has the warning repeated, instead of others not given.
    this.collect(dropped);
  }

  private warnOfDropped(dropped: number): void {
    const { agent } = this.ports;
    if (dropped === 0) return;
    agent.log(
      'warn',
      `${dropped} letters of this node were not delivered and are not reported one by one, since more than ${letterLimits.letterReportsMax} reports waited: \`skein letter ls --from ${agent.self.name}\` lists them`,
    );
  }

  private collect(dropped = 0): void {
    const { last } = this;
    this.ports.send(last === undefined ? encodeCollect() : encodeHeard({ ...last, dropped }));
  }
}
