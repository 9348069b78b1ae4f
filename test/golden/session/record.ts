/**
 * The recorder: plays a script with kernels of the harness and writes down all that enters and leaves each of them.
 *
 * Who calls it: `npm run wire:record`, and the test that a session is recorded alike twice. Invariant: what a
 * program does is planned before the first event, as the player does it, so that events of one moment keep their
 * order.
 */
import { featureNumber } from '../../../src/kernel/identity.ts';
import type { Effect } from '../../../src/kernel/outbox.ts';
import { concatenate } from '../../../src/kernel/wire/bytes.ts';
import { wireVersion } from '../../../src/kernel/wire/frame.ts';
import { TestMesh, TestNode } from '../../core/harness.ts';
import { framesOf } from './frames.ts';
import { type Action, Program, storeResult } from './program.ts';
import { optionsOf, randomOf, type Session, type SessionEvent, type SessionNode } from './session.ts';

export type Step = { readonly at: number; readonly node: string } & (
  | { readonly do: 'start' }
  | Action
  /** The next chunk of this node with such a frame does not arrive. */
  | { readonly do: 'lose'; readonly feature: string; readonly type: number }
);

export interface Script {
  readonly nodes: readonly SessionNode[];
  readonly steps: readonly Step[];
  readonly end: number;
}

/** Of each direction: what was caused comes later than what caused it. */
const delayMs = 5;

export function record(script: Script): Session {
  const recorder = new Recorder(script);
  recorder.mesh.run(script.end - recorder.mesh.now);
  return { wireVersion, nodes: script.nodes, events: recorder.events, end: script.end };
}

class Recorder {
  readonly mesh = new TestMesh();
  readonly events: SessionEvent[] = [];
  private readonly taps = new Map<string, Tap>();
  private readonly nodes: readonly SessionNode[];
  private lost: Extract<Step, { do: 'lose' }> | undefined;

  constructor({ nodes, steps }: Script) {
    const { mesh } = this;
    this.nodes = nodes;
    mesh.delay = () => delayMs;
    mesh.tamper = (bytes, from) => (this.isLost(bytes, from.address) ? undefined : bytes);
    for (const step of steps) mesh.after(step.at - mesh.now, () => this.take(step));
  }

  private take(step: Step): void {
    if (step.do === 'start') return this.start(step.node);
    if (step.do === 'lose') {
      this.lost = step;
      return;
    }
    const { at: _, node, ...action } = step;
    this.tap(node).act(action as Action);
  }

  private start(address: string): void {
    const options = this.nodes.find((node) => node.address === address);
    if (options === undefined) throw new Error(`the script has no node ${address}`);
    const node = new TestNode(this.mesh, options.name, optionsOf(options), address, randomOf(options));
    this.taps.set(address, new Tap(node, (event) => this.events.push(event)));
    this.mesh.nodes.set(address, node);
    node.start();
  }

  private tap(address: string): Tap {
    const tap = this.taps.get(address);
    if (tap === undefined) throw new Error(`${address} has not started`);
    return tap;
  }

  private isLost(bytes: Uint8Array, from: string): boolean {
    const { lost } = this;
    if (lost?.node !== from) return false;
    const feature = featureNumber(lost.feature);
    if (!framesOf(bytes).some((frame) => frame.feature === feature && frame.type === lost.type)) return false;
    this.lost = undefined;
    return true;
  }
}

type Told = SessionEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'at' | 'node'>
    : never
  : never;

/** Listens in between a kernel and its platform. */
class Tap {
  private readonly node: TestNode;
  private readonly log: (event: SessionEvent) => void;
  private readonly program: Program;
  private readonly shouted: Uint8Array[] = [];
  private readonly written: { readonly link: number; readonly bytes: Uint8Array }[] = [];
  /** For each link of this node: the place after the chunk of the other end that came last. */
  private readonly received = new Map<number, number>();

  constructor(node: TestNode, log: (event: SessionEvent) => void) {
    this.node = node;
    this.log = log;
    this.program = new Program(node.core, (text) => this.tell({ what: 'sees', text }));
    taps.set(node, this);
    this.listen();
  }

  act(action: Action): void {
    this.node.enter(() => {
      this.tell({ what: 'acts', action });
      this.program.act(action, this.node.mesh.now);
    });
  }

  private tell(told: Told): void {
    const { mesh, address } = this.node;
    this.log({ at: mesh.now, node: address, ...told } as SessionEvent);
  }

  /** Each event tells itself, then goes where it went before. */
  private listen(): void {
    const { kernel } = this.node;
    const { start, accepted, dialed, dialFailed, received, closed, datagram, door } = kernel;
    kernel.start = (now, wallNow) => {
      this.tell({ what: 'start', wallNow });
      start.call(kernel, now, wallNow);
    };
    kernel.accepted = (from, security, now) => {
      const link = accepted.call(kernel, from, security, now);
      this.tell({ what: 'accepts', link, from });
      return link;
    };
    kernel.dialed = (link, to, security, now) => {
      this.tell({ what: 'dialed', link, to });
      dialed.call(kernel, link, to, security, now);
    };
    kernel.dialFailed = (link, failure, now) => {
      this.tell({ what: 'dial-failed', link, failure });
      dialFailed.call(kernel, link, failure, now);
    };
    kernel.received = (link, bytes, now) => {
      this.tell({ what: 'receives', link, ...this.sourceOf(link, bytes) });
      received.call(kernel, link, bytes, now);
    };
    kernel.closed = (link, failure, now) => {
      this.tell({ what: 'closed', link });
      closed.call(kernel, link, failure, now);
    };
    kernel.datagram = (bytes, from, now) => {
      this.tell({ what: 'hears', from, shout: this.shoutOf(from, bytes) });
      datagram.call(kernel, bytes, from, now);
    };
    kernel.door = (feature, event, now) => {
      this.tell({ what: 'door', event });
      door.call(kernel, feature, event, now);
    };
    const { outbox } = kernel;
    const { drain } = outbox;
    outbox.drain = () => {
      const effects = drain.call(outbox);
      for (const effect of effects) this.effect(effect);
      return effects;
    };
  }

  private store(effect: Extract<Effect, { type: 'store' }>): void {
    const { mesh, kernel } = this.node;
    const report = (): void => kernel.stored(effect, storeResult(effect), mesh.now);
    mesh.after(0, () => this.node.enter(report));
  }

  private effect(effect: Effect): void {
    if (effect.type === 'broadcast') {
      this.shouted.push(effect.bytes);
      this.tell({ what: 'shouts', bytes: effect.bytes });
    }
    if (effect.type === 'store') return this.store(effect);
    if (effect.type !== 'write') return this.program.effect(effect);
    const bytes = concatenate(effect.chunks);
    this.written.push({ link: effect.link, bytes });
    this.tell({ what: 'writes', link: effect.link, bytes });
  }

  /** Which datagram of that node these bytes are; no two are alike, since each has a nonce. */
  private shoutOf(from: string, bytes: Uint8Array): number {
    const sender = this.node.mesh.nodes.get(from);
    const shouted = sender === undefined ? [] : (taps.get(sender)?.shouted ?? []);
    const shout = shouted.findIndex((sent) => isSame(sent, bytes));
    if (shout < 0) throw new Error(`${from} never sent the datagram that ${this.node.address} hears`);
    return shout;
  }

  /** Which chunk of the other end these bytes are; those before it that never came are passed over. */
  private sourceOf(link: number, bytes: Uint8Array): { readonly from: string; readonly chunk: number } {
    const other = this.node.pipes.get(link)?.other;
    const written = other === undefined ? [] : (taps.get(other.node)?.written ?? []);
    const chunk = written.findIndex(
      (one, at) =>
        at >= (this.received.get(link) ?? 0) && one.link === other?.link && isSame(one.bytes, bytes),
    );
    if (other === undefined || chunk < 0) throw new Error(`nobody wrote what came over link ${link}`);
    this.received.set(link, chunk + 1);
    return { from: other.node.address, chunk };
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

const taps = new WeakMap<TestNode, Tap>();
