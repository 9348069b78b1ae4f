/**
 * The broker's reports to authors: which of their letters have ended without delivery.
 *
 * Made by the post office. The store keeps each such end until a program of its author has heard of it. An author that is
 * listened to asks for its reports, gets the oldest in one message, and asks again once it has heard of them, up to which
 * number it says. Invariant: an incarnation has one message of reports that it has not answered; what it has not heard of
 * stays in the store, for the next broker and its next incarnation.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { Member } from '../../swarm/core/shared.ts';
import type { Unheard } from './letters-types.ts';

export interface ReportDesksPorts {
  /** @param then With what was read; undefined: it failed, and `again` follows. */
  unheard(author: string, then: (found: Unheard | undefined) => void): void;
  send(end: LineEnd, found: Unheard, processed: () => void): void;
}

interface Desk {
  readonly end: Member;
  /** Of what is under way for it: what an earlier one brings does not count. */
  round: number;
  /** `sent`: a message is under way to it. `arrived`: it has it, and has not asked again. */
  state: 'idle' | 'reading' | 'sent' | 'arrived';
  /** Something has ended while it was read, or it has asked while a message was under way. */
  lookAgain: boolean;
}

export class ReportDesks {
  private readonly ports: ReportDesksPorts;
  private readonly byNode = new Map<NodeId, Desk>();
  private readonly byAuthor = new Map<string, Desk>();

  constructor(ports: ReportDesksPorts) {
    this.ports = ports;
  }

  /** An author asks for what waits. One that asks again and again gets no second message before it has the first. */
  open(end: Member): void {
    const known = this.byNode.get(end.node);
    if (known?.end.life === end.life) {
      if (known.state === 'arrived') known.state = 'idle';
      else if (known.state === 'sent') known.lookAgain = true;
      return this.look(known);
    }
    this.close(end.node);
    const desk: Desk = { end, round: 0, state: 'idle', lookAgain: false };
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
    desk.state = 'idle';
  }

  private look(desk: Desk): void {
    if (desk.state === 'reading') desk.lookAgain = true;
    // What has ended since then is read once it asks again.
    if (desk.state !== 'idle') return;
    desk.state = 'reading';
    desk.lookAgain = false;
    const { end } = desk;
    const round = ++desk.round;
    const isCurrent = (): boolean => desk.round === round && this.byNode.get(end.node) === desk;
    this.ports.unheard(end.name, (found) => {
      if (!isCurrent()) return;
      if (found === undefined || found.reports.length === 0) return this.idle(desk);
      desk.state = 'sent';
      desk.lookAgain = false;
      this.ports.send(end, found, () => {
        if (!isCurrent()) return;
        if (desk.lookAgain) this.idle(desk);
        else desk.state = 'arrived';
      });
    });
  }

  private idle(desk: Desk): void {
    desk.state = 'idle';
    if (desk.lookAgain) this.look(desk);
  }
}
