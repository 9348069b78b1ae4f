/**
 * The broker's reports to authors: which of their letters have ended without delivery.
 *
 * Made by the post office. The store keeps each such end until its author has heard of it. An author that uses letters
 * asks for its reports once, and gets what waits, then what comes. Invariant: an incarnation has one message of reports
 * under way, the oldest first; what it has not processed stays in the store, for the next broker and its next incarnation.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { Member } from './errand.ts';
import type { LetterReport, Unheard } from './letters-types.ts';

export interface ReportDesksPorts {
  /** @param then With what was read; undefined: it failed, and `again` follows. */
  unheard(author: string, then: (found: Unheard | undefined) => void): void;
  send(end: LineEnd, found: Unheard, processed: () => void): void;
  /** @param then Called once it is durable; false: it failed, and `again` follows. */
  heard(author: string, report: number, dropped: number, then: (isDone: boolean) => void): void;
}

interface Desk {
  readonly end: Member;
  /** Of what is under way for it: what an earlier one brings does not count. */
  round: number;
  isBusy: boolean;
  /** Something has ended while it was busy. */
  lookAgain: boolean;
}

export class ReportDesks {
  private readonly ports: ReportDesksPorts;
  private readonly byNode = new Map<NodeId, Desk>();
  private readonly byAuthor = new Map<string, Desk>();

  constructor(ports: ReportDesksPorts) {
    this.ports = ports;
  }

  /** An author that uses letters is here. One that says so again and again gets no second message for it. */
  open(end: Member): void {
    const known = this.byNode.get(end.node);
    if (known?.end.life === end.life) return this.look(known);
    this.close(end.node);
    const desk: Desk = { end, round: 0, isBusy: false, lookAgain: false };
    this.byNode.set(end.node, desk);
    this.byAuthor.set(end.name, desk);
    this.look(desk);
  }

  close(node: NodeId): void {
    const desk = this.byNode.get(node);
    if (desk === undefined) return;
    this.byNode.delete(node);
    if (this.byAuthor.get(desk.end.name) === desk) this.byAuthor.delete(desk.end.name);
  }

  clear(): void {
    this.byNode.clear();
    this.byAuthor.clear();
  }

  /** The store has reports for them that it had not before. */
  news(authors: Iterable<string>): void {
    for (const author of new Set(authors)) {
      const desk = this.byAuthor.get(author);
      if (desk !== undefined) this.look(desk);
    }
  }

  /** What was sent to it was dropped. It is sent again once the node is here. */
  dropped(node: NodeId): void {
    const desk = this.byNode.get(node);
    if (desk !== undefined) this.reset(desk);
  }

  /** It can be reached again. */
  here(node: NodeId): void {
    const desk = this.byNode.get(node);
    if (desk !== undefined) this.look(desk);
  }

  /** The store was opened again: it may have what this broker does not know of, and operations may be lost. */
  rewind(): void {
    for (const desk of this.byNode.values()) {
      this.reset(desk);
      this.look(desk);
    }
  }

  /** An operation has failed a while ago. */
  again(): void {
    for (const desk of this.byNode.values()) this.look(desk);
  }

  private reset(desk: Desk): void {
    desk.round++;
    desk.isBusy = false;
  }

  private look(desk: Desk): void {
    if (desk.isBusy) {
      desk.lookAgain = true;
      return;
    }
    desk.isBusy = true;
    desk.lookAgain = false;
    const { end } = desk;
    const isCurrent = this.roundOf(desk);
    this.ports.unheard(end.name, (found) => {
      if (!isCurrent()) return;
      const last = found?.reports.at(-1);
      if (found === undefined || last === undefined) return this.idle(desk);
      this.ports.send(end, found, () => this.processed(desk, last, found.dropped, isCurrent));
    });
  }

  private processed(desk: Desk, { report }: LetterReport, dropped: number, isCurrent: () => boolean): void {
    this.ports.heard(desk.end.name, report, dropped, (isDone) => {
      if (!isCurrent()) return;
      // There may be more than one message holds.
      desk.lookAgain ||= isDone;
      this.idle(desk);
    });
  }

  private idle(desk: Desk): void {
    desk.isBusy = false;
    if (desk.lookAgain) this.look(desk);
  }

  private roundOf(desk: Desk): () => boolean {
    const round = ++desk.round;
    return () => desk.round === round && this.byNode.get(desk.end.node) === desk;
  }
}
