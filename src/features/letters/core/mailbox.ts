/**
 * The recipient's side: letters in hand of this node's program, and what it says of each.
 *
 * Made by the letters behavior. Invariant: a letter is handed to the program again only after the program has given it
 * back; what the program has said is repeated to each broker until one has it in its store.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Delivery, LettersEvent, Settlement, Window } from './letters-types.ts';
import { letterLimits, retryWaitMs } from './limits.ts';
import { isSelected } from './selection.ts';
import { encodeClose, encodeOpen, encodeSettle, type Settled } from './wire.ts';

export interface MailboxPorts {
  readonly agent: BehaviorAgent;
  /** @param processed Called once the broker needs it no more. False: there is no broker. */
  send(message: Uint8Array, processed?: () => void): boolean;
  deliver(event: LettersEvent): void;
}

export class Mailbox {
  private readonly ports: MailboxPorts;
  /** Undefined: the program handles no letters. */
  private window: Window | undefined;
  /** The last one. */
  private selection: Window['selection'] | undefined;
  /** How often this node has reported to the broker what is in hand. */
  private opening = 0;
  /** Whose places the letters in hand are. */
  private store = 0;
  /** Places, with the attempt that it is. */
  private readonly inHand = new Map<number, number>();
  /** Said by the program, and not in the store for certain. */
  private readonly unconfirmed = new Map<number, Settled>();
  /** The program waits until all is confirmed. */
  private isAwaited = false;
  /** Of these, what has not been sent to the broker of the moment. */
  private unsent: Settled[] = [];

  constructor(ports: MailboxPorts) {
    this.ports = ports;
  }

  get inHandCount(): number {
    return this.inHand.size;
  }

  /** @param notBegun As with `close`. */
  open(window: Window, notBegun: readonly number[] = []): void {
    this.window = window;
    this.selection = window.selection;
    for (const n of notBegun) this.inHand.delete(n);
    this.announce();
  }

  /** @param notBegun Letters in hand that the program has not looked at: they are somebody else's now. */
  close(notBegun: readonly number[]): void {
    if (this.window === undefined) return;
    this.window = undefined;
    for (const n of notBegun) this.inHand.delete(n);
    if (!this.announce()) this.ports.send(encodeClose());
  }

  /**
   * The broker has taken this node for gone, and may have closed its desk. What was said is still on its way to it. Also
   * after the handlers are closed some may be at work: those letters do not expire, and come as another attempt once this
   * incarnation has ended. False: there is nothing to say.
   */
  announce(): boolean {
    const inHand = [...this.inHand.keys(), ...this.unconfirmed.keys()];
    const window = this.window ?? this.closedWindow;
    if (window === undefined || (this.window === undefined && inHand.length === 0)) return false;
    this.ports.send(encodeOpen({ opening: ++this.opening, store: this.store, ...window, inHand }));
    return true;
  }

  /** There is room for nothing more. */
  private get closedWindow(): Window | undefined {
    return this.selection === undefined ? undefined : { letters: 0, bytes: 0, selection: this.selection };
  }

  /** There is another broker, or this node has one at last. */
  brokerChanged(): void {
    this.announce();
    this.unsent = [...this.unconfirmed.values()];
    this.flush();
  }

  /** @param opening What was sent before this node has said last what it has in hand does not count. */
  received(opening: number, store: number, deliveries: readonly Delivery[]): void {
    if (opening !== this.opening) return;
    if (store !== this.store) this.otherStore(store);
    const { window } = this;
    if (window === undefined) return;
    // One that no handler selects would be settled by nobody.
    const fresh = deliveries.filter((each) => this.isFresh(each) && isSelected(window.selection, each.type));
    if (fresh.length === 0) return;
    for (const { n, attempt } of fresh) {
      this.unconfirmed.delete(n);
      this.inHand.set(n, attempt);
    }
    this.ports.deliver({ type: 'letters', store, deliveries: fresh.map(owned) });
  }

  /** The attempt has failed: the letter comes again after a while that grows with each attempt. */
  again(store: number, n: number, attempt: number, reason: string): void {
    this.settle(store, n, { outcome: 'again', delayMs: this.retryWaitMs(attempt), reason: clipped(reason) });
  }

  /** A fifth more or less, so that letters that failed together do not come together again. */
  retryWaitMs(attempt: number): number {
    return retryWaitMs(attempt) * (0.8 + 0.4 * this.ports.agent.random.next());
  }

  end(store: number, n: number, outcome: 'failed' | 'refused', reason: string): void {
    this.settle(store, n, { outcome, reason: clipped(reason) });
  }

  handled(store: number, n: number): void {
    this.settle(store, n, { outcome: 'handled' });
  }

  /** The event `confirmed` follows once all that the program has said is in the store. */
  awaitConfirmed(): void {
    this.isAwaited = true;
    this.lookConfirmed();
  }

  flush(): void {
    while (this.unsent.length > 0) {
      const items = this.unsent.splice(0, letterLimits.lettersInHandMax);
      const confirmed = (): void => this.confirmed(items);
      if (!this.ports.send(encodeSettle(this.store, items), confirmed)) return;
    }
  }

  /** A later attempt says that the broker has what was said of the one before, though its word of that is not here yet. */
  private isFresh({ n, attempt }: Delivery): boolean {
    const said = this.unconfirmed.get(n);
    return !this.inHand.has(n) && (said === undefined || attempt > said.attempt);
  }

  /** The program says what became of a letter that it was handed. @param store That it came from. */
  private settle(store: number, n: number, settlement: Settlement): void {
    const attempt = this.inHand.get(n);
    if (store !== this.store || attempt === undefined) return;
    this.inHand.delete(n);
    const said = { n, attempt, settlement };
    this.unconfirmed.set(n, said);
    this.unsent.push(said);
    this.ports.agent.flushLater();
  }

  private confirmed(items: readonly Settled[]): void {
    for (const said of items) if (this.unconfirmed.get(said.n) === said) this.unconfirmed.delete(said.n);
    this.lookConfirmed();
  }

  /** Places of the one before mean nothing there: those letters come again from their own store. */
  private otherStore(store: number): void {
    this.store = store;
    this.inHand.clear();
    this.unconfirmed.clear();
    this.unsent = [];
    this.lookConfirmed();
  }

  private lookConfirmed(): void {
    if (!this.isAwaited || this.unconfirmed.size > 0) return;
    this.isAwaited = false;
    this.ports.deliver({ type: 'confirmed' });
  }
}

/** A small body would hold the memory that it came in. */
const copiedBelowBytes = 16 * 1024;

function owned(delivery: Delivery): Delivery {
  return delivery.body.length < copiedBelowBytes ? { ...delivery, body: delivery.body.slice() } : delivery;
}

function clipped(reason: string): string {
  return reason.slice(0, letterLimits.letterReasonBytesMax / 4);
}
