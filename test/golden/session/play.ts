/**
 * The player: feeds what entered one node of a recorded session to a kernel of today, and gathers what leaves it.
 *
 * Who calls it: the tests of recorded sessions. Invariant: bytes come at their recorded times and the program acts
 * at its own; wakes, flushes and poll phases follow the kernel that plays, as the harness does it.
 */
import type { DoorEvent } from '../../../src/kernel/contracts.ts';
import type { Failure } from '../../../src/kernel/errors.ts';
import type { Effect } from '../../../src/kernel/outbox.ts';
import { concatenate } from '../../../src/kernel/wire/bytes.ts';
import { createSkeinKernel, type SkeinKernel } from '../../../src/node/skein-kernel.ts';
import { type Action, Program, storeResult } from './program.ts';
import {
  chunksOf,
  optionsOf,
  randomOf,
  type Session,
  type SessionEvent,
  type SessionNode,
} from './session.ts';

export interface Played {
  /** What the program saw, in order. */
  readonly seen: readonly string[];
  /** All that was written to each link, by its recorded number. */
  readonly said: ReadonlyMap<number, Uint8Array>;
  readonly shouted: readonly Uint8Array[];
  /** Of dials and of links that were ended: codes and words. */
  readonly failures: readonly string[];
}

export function play(session: Session, address: string): Played {
  const node = session.nodes.find((one) => one.address === address);
  if (node === undefined) throw new Error(`the session has no node ${address}`);
  return new Player(session, node).play();
}

const outputs: readonly SessionEvent['what'][] = ['writes', 'shouts', 'sees'];

class Player {
  private readonly session: Session;
  private readonly inputs: readonly SessionEvent[];
  private readonly core: SkeinKernel;
  private readonly program: Program;
  private readonly seen: string[] = [];
  private readonly chunks = new Map<number, Uint8Array[]>();
  private readonly shouted: Uint8Array[] = [];
  private readonly failures: string[] = [];
  /** Links of this kernel by their recorded numbers, and the other way round. */
  private readonly links = new Map<number, number>();
  private readonly recorded = new Map<number, number>();
  /** Dials of this kernel that nothing has become of yet. */
  private readonly dials: { readonly link: number; readonly address: string }[] = [];
  /** What the platform does at once, but after what is happening now. */
  private readonly soon: (() => void)[] = [];
  private now = 0;

  constructor(session: Session, node: SessionNode) {
    this.session = session;
    this.inputs = session.events.filter(
      (event) => event.node === node.address && !outputs.includes(event.what),
    );
    this.core = createSkeinKernel(optionsOf(node), randomOf(node));
    this.program = new Program(this.core, (text) => this.seen.push(text));
  }

  play(): Played {
    this.inputs.forEach((input, at) => {
      this.runTo(input.at);
      this.now = input.at;
      this.turn(() => this.input(input));
      if (this.inputs[at + 1]?.at !== input.at) this.settle();
    });
    this.runTo(this.session.end);
    const said = new Map([...this.chunks].map(([link, chunks]) => [link, concatenate(chunks)]));
    return { seen: this.seen, said, shouted: this.shouted, failures: this.failures };
  }

  private input(input: SessionEvent): void {
    const { kernel } = this.core;
    const { now } = this;
    if (input.what === 'start') kernel.start(now, input.wallNow);
    else if (input.what === 'acts') this.program.act(input.action as Action, now);
    else if (input.what === 'door') kernel.door('formation', input.event as DoorEvent, now);
    else if (input.what === 'accepts') this.pairUp(input.link, kernel.accepted(input.from, undefined, now));
    else if (input.what === 'dialed') kernel.dialed(this.dialedBy(input.link), input.to, undefined, now);
    else if (input.what === 'dial-failed')
      kernel.dialFailed(this.dialedBy(input.link), input.failure as Failure, now);
    else if (input.what === 'receives')
      kernel.received(this.linkOf(input.link), this.chunk(input.from, 'writes', input.chunk), now);
    else if (input.what === 'hears')
      kernel.datagram(this.chunk(input.from, 'shouts', input.shout), input.from, now);
    else if (input.what === 'closed') kernel.closed(this.linkOf(input.link), undefined, now);
  }

  /** Lets time pass up to a moment, which is still to come. */
  private runTo(end: number): void {
    for (;;) {
      const wakeAt = this.core.kernel.nextDeadline();
      if (wakeAt >= end) return;
      this.now = Math.max(this.now, wakeAt);
      this.turn(() => this.core.kernel.wake(this.now));
      this.settle();
    }
  }

  private settle(): void {
    for (let act = this.soon.shift(); act !== undefined; act = this.soon.shift()) this.turn(act);
  }

  private turn(act: () => void): void {
    const { kernel } = this.core;
    act();
    kernel.endTurn(this.now);
    for (const effect of kernel.outbox.drain()) this.effect(effect);
  }

  private effect(effect: Effect): void {
    const { kernel } = this.core;
    if (effect.type === 'write') {
      const { link, byteLength } = effect;
      const number = this.recorded.get(link) ?? -link;
      this.chunks.set(number, [...(this.chunks.get(number) ?? []), concatenate(effect.chunks)]);
      this.soon.push(() => kernel.flushed(link, byteLength, this.now));
    } else if (effect.type === 'store')
      this.soon.push(() => kernel.stored(effect, storeResult(effect), this.now));
    else if (effect.type === 'poll') this.soon.push(() => kernel.polled(this.now));
    else if (effect.type === 'dial') this.dials.push({ link: effect.link, address: effect.address });
    else {
      if (effect.type === 'broadcast') this.shouted.push(effect.bytes);
      if (effect.type === 'fail') this.failures.push(`${effect.failure.code} ${effect.failure.message}`);
      this.program.effect(effect);
    }
  }

  private chunk(from: string, what: 'writes' | 'shouts', chunk: number): Uint8Array {
    const bytes = chunksOf(this.session, from, what)[chunk];
    if (bytes === undefined) throw new Error(`${from} has nothing number ${chunk} that it ${what}`);
    return bytes.slice();
  }

  /** The dial that a recorded one stands for: the first to that address that is under way. */
  private dialedBy(recorded: number): number {
    const to = this.inputs.find((input) => 'link' in input && input.link === recorded);
    const address = to?.what === 'dialed' ? to.to : undefined;
    const at = this.dials.findIndex((dial) => address === undefined || dial.address === address);
    const [dial] = at < 0 ? [] : this.dials.splice(at, 1);
    if (dial !== undefined) this.pairUp(recorded, dial.link);
    return this.linkOf(recorded);
  }

  private pairUp(recorded: number, link: number): void {
    this.links.set(recorded, link);
    this.recorded.set(link, recorded);
  }

  /** -1: there is no such link here, and the kernel does nothing. */
  private linkOf(recorded: number): number {
    return this.links.get(recorded) ?? -1;
  }
}
