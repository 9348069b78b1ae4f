/**
 * The broker's desks: for each recipient that handles letters, how far its mailbox was read and what it has in hand.
 *
 * Made by the letters behavior of the broker. Letters are read from the store in order of their places, those whose time
 * has come besides; at most a window of them is in a recipient's hand. Invariant: a letter in hand of an incarnation is
 * not handed to it again; one desk reads one page at a time.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { LineEnd } from '../../../kernel/lines/lines.ts';
import type { Delivery, NextLetters, NextRequest, SettleItem } from './letters-types.ts';
import { letterLimits } from './limits.ts';
import { isSelected, type Selection } from './selection.ts';
import { UnreachableHands } from './unreachable-hands.ts';

export interface DesksPorts {
  /** Unix milliseconds, by which letters wait and expire. */
  time(): number;
  next(request: NextRequest, loaded: (letters: NextLetters) => void): void;
  /** @param arrived Called once they are at the recipient. */
  send(opening: Opening, deliveries: readonly Delivery[], arrived: () => void): void;
}

/** A recipient that handles letters. */
export interface Opening extends LineEnd {
  readonly recipient: string;
  /** Counts how often it has said what it has in hand. */
  readonly opening: number;
  readonly letters: number;
  readonly bytes: number;
  readonly selection: Selection;
}

/** What a recipient has said of an attempt is stored. */
type Settled = Pick<SettleItem, 'n' | 'attempt' | 'outcome'>;

interface Held {
  readonly bytes: number;
  /** 0: its recipient had it when it opened. */
  readonly attempt: number;
}

class Desk {
  readonly node: NodeId;
  readonly recipient: string;
  readonly opening: Opening;
  /** By place: on the way to the recipient, or there. */
  readonly inHand = new Map<number, Held>();
  /** Of these, what has arrived there for certain. */
  readonly arrived = new Set<number>();
  bytesInHand = 0;
  after = 0;
  afterDue = { due: 0, n: 0 };
  isReading = false;
  /** Of the reading under way: what an earlier one finds after a rewind does not count. */
  reading = 0;
  /** Nothing more was found that waits for no time. */
  isDry = false;
  nextDue = 0;
  /** The next letter does not fit beside what is in hand. */
  waitsForRoom = false;
  /** It was asked to look again while it was reading. */
  lookAgain = false;

  constructor(opening: Opening) {
    this.node = opening.node;
    this.recipient = opening.recipient;
    this.opening = opening;
  }

  get room(): { readonly letters: number; readonly bytes: number } {
    return {
      letters: this.opening.letters - this.inHand.size,
      bytes: this.opening.bytes - this.bytesInHand,
    };
  }

  /** What is in hand is passed by, however large it is: a handler may never settle it. */
  get firstBytes(): number {
    const held = [...this.inHand.values()];
    if (held.length === 0 || held.some(({ attempt }) => attempt === 0)) return Number.MAX_SAFE_INTEGER;
    return held.reduce((most, { bytes }) => Math.max(most, bytes), this.room.bytes);
  }

  /** Beside what is in hand. */
  fits({ n, body }: Delivery): boolean {
    return this.inHand.size === 0 || this.inHand.has(n) || body.length <= this.room.bytes;
  }

  /** A letter that is larger than the window travels alone: it waits until nothing is in hand. */
  get isFull(): boolean {
    const { letters, bytes } = this.room;
    return letters <= 0 || this.waitsForRoom || (bytes <= 0 && this.inHand.size > 0);
  }

  take(n: number, bytes: number, attempt: number): void {
    this.inHand.set(n, { bytes, attempt });
    this.bytesInHand += bytes;
  }

  /** What is said again of an earlier attempt does not count. */
  give({ n, attempt, outcome }: Settled): void {
    const held = this.inHand.get(n);
    if (held === undefined || held.attempt > attempt) return;
    // The store may have had this from the broker before, and then it waits where this desk has passed it by.
    if (held.attempt === 0 && (outcome === 'again' || outcome === 'failed')) this.rewind();
    this.bytesInHand -= held.bytes;
    this.waitsForRoom = false;
    this.inHand.delete(n);
    this.arrived.delete(n);
  }

  haveArrived(deliveries: readonly Delivery[]): void {
    for (const { n } of deliveries) if (this.inHand.has(n)) this.arrived.add(n);
  }

  dueAt(due: number): void {
    this.nextDue = this.nextDue === 0 ? due : Math.min(this.nextDue, due);
  }

  /** Everything is looked at from the beginning. */
  rewind(): void {
    this.after = 0;
    this.afterDue = { due: 0, n: 0 };
    this.isDry = false;
    // To be found out by looking.
    this.nextDue = 0;
    this.waitsForRoom = false;
    this.reading++;
    this.isReading = false;
  }
}

export class Desks {
  private readonly ports: DesksPorts;
  private readonly byNode = new Map<NodeId, Desk>();
  private readonly byName = new Map<string, Desk>();
  private readonly unreachable = new UnreachableHands();

  constructor(ports: DesksPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.byNode.size;
  }

  /** @param inHand What it has already. */
  open(opening: Opening, inHand: readonly number[]): void {
    const { node, recipient } = opening;
    this.close(node);
    const desk = new Desk(opening);
    for (const n of inHand) {
      desk.take(n, 0, 0);
      desk.arrived.add(n);
    }
    this.byNode.set(node, desk);
    this.byName.set(recipient, desk);
    this.look(desk);
  }

  /** What has arrived there and is not settled, in case its incarnation is over. */
  close(node: NodeId): { readonly recipient: string; readonly arrived: readonly number[] } | undefined {
    const hand = this.remove(node) ?? this.unreachable.take(node);
    return hand === undefined ? undefined : { recipient: hand.recipient, arrived: [...hand.arrived] };
  }

  /** Its recipient is unreachable, and may come back in the same incarnation. */
  closeUnreachable(node: NodeId, now: number): void {
    const desk = this.remove(node);
    if (desk === undefined) return;
    const { recipient, inHand, arrived } = desk;
    this.unreachable.keep({ node, recipient, inHand: new Set(inHand.keys()), arrived }, now);
  }

  /** What unreachable recipients had in hand long ago may expire from now on. */
  forgetUnreachable(now: number): void {
    this.unreachable.forgetOld(now);
  }

  private remove(node: NodeId): Desk | undefined {
    const desk = this.byNode.get(node);
    if (desk === undefined) return undefined;
    this.byNode.delete(node);
    this.byName.delete(desk.recipient);
    return desk;
  }

  clear(): void {
    this.byNode.clear();
    this.byName.clear();
    this.unreachable.clear();
  }

  /** That recipient has it, or it is on its way there; or it was, and the recipient is unreachable. */
  isInHand(recipient: string, n: number): boolean {
    const desk = this.byName.get(recipient);
    return desk === undefined ? this.unreachable.isInHand(recipient, n) : desk.inHand.has(n);
  }

  /** There is something in its mailbox that was not there before. */
  mail(recipient: string): void {
    const desk = this.byName.get(recipient);
    if (desk === undefined) return;
    desk.isDry = false;
    this.look(desk);
  }

  /** One of its letters waits until then. */
  due(recipient: string, due: number): void {
    const desk = this.byName.get(recipient);
    if (desk === undefined) return;
    desk.dueAt(due);
    this.look(desk);
  }

  /**
   * These are settled, or wait again: at once, or until their time.
   *
   * @param mayBeStored An earlier attempt may have stored it, with earlier times, which this desk may have passed by.
   */
  settled(node: NodeId, items: readonly Settled[], earliestDue: number, mayBeStored = false): void {
    const desk = this.byNode.get(node);
    if (desk === undefined) {
      const ns = items.map(({ n }) => n);
      return this.unreachable.settled(node, ns);
    }
    for (const item of items) desk.give(item);
    if (mayBeStored) desk.rewind();
    if (earliestDue > 0) desk.dueAt(earliestDue);
    this.look(desk);
  }

  /** The store may hold what another broker has put there, and this one does not know of. */
  rewind(): void {
    for (const desk of this.byNode.values()) {
      desk.rewind();
      this.look(desk);
    }
  }

  /** When the next letter's time comes. */
  nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextDue, isReading, isFull } of this.byNode.values())
      if (nextDue > 0 && !isReading && !isFull) next = Math.min(next, nextDue);
    return next;
  }

  lookAtDue(): void {
    const time = this.ports.time();
    for (const desk of this.byNode.values()) if (desk.nextDue > 0 && desk.nextDue <= time) this.look(desk);
  }

  private look(desk: Desk): void {
    if (desk.isReading) {
      desk.lookAgain = true;
      return;
    }
    const time = this.ports.time();
    const hasDue = desk.nextDue > 0 && desk.nextDue <= time;
    const { letters, bytes } = desk.room;
    if (desk.isFull || (desk.isDry && !hasDue)) return;
    desk.isReading = true;
    desk.lookAgain = false;
    const request: NextRequest = {
      recipient: desk.recipient,
      time,
      after: desk.after,
      afterDue: desk.afterDue,
      letters: Math.min(letters, letterLimits.lettersPerReadMax),
      bytes: Math.min(Math.max(bytes, 1), letterLimits.lettersPerReadBytesMax),
      firstBytes: desk.firstBytes,
    };
    const reading = ++desk.reading;
    this.ports.next(request, (found) => {
      if (this.byNode.get(desk.node) === desk && desk.reading === reading) this.loaded(desk, time, found);
    });
  }

  /** @param time Up to which it has looked. */
  private loaded(desk: Desk, time: number, { fresh, due, isMore, nextDue }: NextLetters): void {
    desk.isReading = false;
    const first = due[0] ?? fresh[0];
    if (first !== undefined && isSelected(desk.opening.selection, first.type) && !desk.fits(first)) {
      desk.nextDue = due[0]?.due ?? nextDue;
      desk.waitsForRoom = !desk.lookAgain;
      return this.look(desk);
    }
    const isNext = isMore || (nextDue > 0 && nextDue <= time);
    // Unless there is more room by now.
    desk.waitsForRoom = isNext && fresh.length === 0 && due.length === 0 && !desk.lookAgain;
    desk.isDry = !isMore && !desk.lookAgain;
    desk.nextDue = nextDue;
    desk.after = fresh.at(-1)?.n ?? desk.after;
    const last = due.at(-1);
    if (last !== undefined) desk.afterDue = { due: last.due, n: last.n };
    const deliveries = [...due, ...fresh].filter(
      ({ n, type }) => !desk.inHand.has(n) && isSelected(desk.opening.selection, type),
    );
    for (const { n, body, attempt } of deliveries) desk.take(n, body.length, attempt);
    if (deliveries.length > 0) this.ports.send(desk.opening, deliveries, () => desk.haveArrived(deliveries));
    this.look(desk);
  }
}
