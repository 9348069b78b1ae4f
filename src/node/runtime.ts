/**
 * The runtime: one kernel, one platform, and the promises and streams between them.
 *
 * Made by `createLocalNode`, the same in production and in the simulator. Platform events go into the
 * kernel with the time of the moment; once per turn the outbox is drained and each effect carried out.
 * Invariant: the kernel is only ever entered from here, never from within itself.
 */
import type { DoorEvent, LinkId, SecureStage, Sighting, StoreResult } from '../kernel/contracts.ts';
import { type Failure, failure, failureOf, SkeinError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Effect } from '../kernel/outbox.ts';
import type { Platform, PlatformEvents } from './platform.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** 32 KiB of the smallest messages are fewer than a consumer's buffer takes. */
const sliceBytes = 32 * 1024;
const roundsPerDrainMax = 16;

export interface RuntimePorts {
  /** Something a feature has for the program. */
  readonly delivered: (feature: string, event: unknown) => void;
  /** The node is reached by other addresses than before. */
  readonly readdressed: (addresses: readonly string[], broadcastTargets: readonly string[]) => void;
  /** The kernel has ended, with a failure when it had to. */
  readonly ended: (reason: Failure | undefined) => void;
}

export class Runtime implements PlatformEvents {
  private kernel!: Kernel;
  private readonly platform: Platform;
  private readonly ports: RuntimePorts;
  private readonly waiting = new Map<number, Waiting>();
  private drainWaiters: (() => void)[] = [];
  private lastToken = 0;
  /** The end of the turn has been asked for. */
  private drainWanted = false;
  /** Effects are being carried out; `again`: they have caused more. */
  private draining = false;
  private again = false;
  private wakeWanted = Number.POSITIVE_INFINITY;
  private over = false;

  /** The kernel comes with `run`: it needs the platform's randomness for its name. */
  constructor(ports: RuntimePorts, makePlatform: (events: PlatformEvents) => Platform) {
    this.ports = ports;
    this.platform = makePlatform(this);
  }

  get now(): number {
    return this.platform.now();
  }

  /** Nothing enters any more. */
  get isOver(): boolean {
    return this.over;
  }

  /** Starts a kernel; a second one takes over from the first (a node under another name). */
  run(kernel: Kernel): void {
    this.rejectAll(failure('SKEIN_CLOSED', 'the node started anew under another name'));
    this.kernel = kernel;
    this.wakeWanted = Number.POSITIVE_INFINITY;
    kernel.start(this.platform.now(), this.platform.wallNow());
    this.drain();
  }

  /** A command for one feature of the kernel; the token identifies it for a later `abort`. */
  command<Answer>(
    feature: string,
    verb: string,
    input: unknown,
  ): { readonly token: number; readonly answer: Promise<Answer> } {
    const token = ++this.lastToken;
    const answer = new Promise<Answer>((resolve, reject) => {
      if (this.over) return reject(new SkeinError('SKEIN_CLOSED', 'the node is closed'));
      this.waiting.set(token, { resolve: resolve as (value: unknown) => void, reject });
    });
    if (!this.over) {
      this.kernel.command(feature, verb, input, token, this.platform.now());
      this.turn();
    }
    return { token, answer };
  }

  /**
   * Begins a turn for a direct call into a feature (the hot path of `post`). Within a turn that has begun
   * already the kernel's time stands: reading the clock for each message would cost a tenth of the rate.
   */
  enter(): void {
    if (this.over) throw new SkeinError('SKEIN_CLOSED', 'the node is closed');
    if (this.drainWanted || this.again) return;
    this.kernel.enter(this.platform.now());
    this.turn();
  }

  /** Resolves at the first moment at which nothing waits to be written. */
  drained(): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      this.drainWaiters.push(resolve);
      this.turn();
    });
  }

  /** A command whose answer does not matter. */
  tell(feature: string, verb: string, input: unknown): void {
    if (this.over) return;
    this.kernel.command(feature, verb, input, ++this.lastToken, this.platform.now());
    this.turn();
  }

  /** A request that names no feature: the first behavior that handles it answers. */
  rpc(verb: string, input: unknown): Promise<unknown> {
    if (this.over) return Promise.reject(new SkeinError('SKEIN_CLOSED', 'the node is closed'));
    const token = ++this.lastToken;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(token, { resolve, reject }));
    this.kernel.rpc(verb, input, token, this.platform.now());
    this.turn();
    return answer;
  }

  /** Leaves gracefully; `ports.ended` follows. */
  stop(): void {
    if (this.over) return;
    this.kernel.stop(this.platform.now());
    this.drain();
  }

  /** Nothing enters or leaves any more. */
  async end(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.rejectAll(failure('SKEIN_CLOSED', 'the node is closed'));
    this.releaseDrainWaiters();
    this.platform.wakeAt(Number.POSITIVE_INFINITY);
    await this.platform.release();
  }

  // ── from the platform ─────────────────────────────────────────────────────────────────────────────

  wake(): void {
    if (this.over) return;
    this.wakeWanted = Number.POSITIVE_INFINITY;
    this.kernel.wake(this.platform.now());
    this.turn();
  }

  accepted(address: string, secure?: SecureStage): LinkId {
    const link = this.kernel.accepted(address, secure, this.platform.now());
    this.turn();
    return link;
  }

  dialed(link: LinkId, address: string, secure?: SecureStage): void {
    this.kernel.dialed(link, address, secure, this.platform.now());
    this.turn();
  }

  dialFailed(link: LinkId, reason: Failure): void {
    this.kernel.dialFailed(link, reason, this.platform.now());
    this.turn();
  }

  /**
   * Bytes are handled, and what they cause is carried out, at once: waiting for the end of the loop's turn
   * would add a hop to every round trip (43 instead of 31 us here). Large chunks are taken in slices, so
   * that the program consumes one before the next can fill its buffer.
   */
  received(link: LinkId, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.over; at += sliceBytes) {
      const slice = bytes.length <= sliceBytes ? bytes : bytes.subarray(at, at + sliceBytes);
      this.kernel.received(link, slice, this.platform.now());
      this.carryOutAll();
    }
    this.scheduleWake();
  }

  /** What waits is handed on at once: a socket that has run empty must not wait for the end of the turn. */
  flushed(link: LinkId, byteLength: number): void {
    if (this.over) return;
    this.kernel.flushed(link, byteLength, this.platform.now());
    // Mostly nothing waits, and the turn need not end for it.
    if (!this.kernel.outbox.isEmpty || this.drainWaiters.length > 0) this.drain();
  }

  closed(link: LinkId, detail?: string): void {
    const reason = detail === undefined ? undefined : failure('SKEIN_UNREACHABLE', detail);
    this.kernel.closed(link, reason, this.platform.now());
    this.turn();
  }

  datagram(bytes: Uint8Array, from: string): void {
    this.kernel.datagram(bytes, from, this.platform.now());
    this.turn();
  }

  polled(): void {
    this.kernel.polled(this.platform.now());
    this.turn();
  }

  door(feature: string, event: DoorEvent): void {
    if (this.over) return;
    this.kernel.door(feature, event, this.platform.now());
    this.turn();
  }

  readdressed(addresses: readonly string[], broadcastTargets: readonly string[]): void {
    if (this.over) return;
    this.ports.readdressed(addresses, broadcastTargets);
    this.kernel.readdressed(addresses, broadcastTargets, this.platform.now());
    this.turn();
  }

  sighted(sighting: Sighting): void {
    this.kernel.sighted(sighting, this.platform.now());
    this.turn();
  }

  /** The end of the turn: what behaviors gathered leaves, and every effect is carried out. */
  drain(): void {
    this.carryOutAll();
    this.scheduleWake();
  }

  private carryOutAll(): void {
    if (this.over) return;
    if (this.draining) {
      this.again = true;
      return;
    }
    this.draining = true;
    this.drainWanted = false;
    // What the program does in answer to an effect leaves in the same go; a program that always has more
    // to say must let others have the loop in between.
    for (let round = 0; round < roundsPerDrainMax; round++) {
      this.again = false;
      this.kernel.endTurn(this.platform.now());
      for (const effect of this.kernel.outbox.drain()) this.carryOut(effect);
      if (this.over || !this.again) break;
    }
    this.draining = false;
    if (this.over) return;
    if (this.again) this.turn();
    if (this.drainWaiters.length > 0 && !this.kernel.hasQueued) this.releaseDrainWaiters();
  }

  private scheduleWake(): void {
    if (this.over || this.draining) return;
    const deadline = this.kernel.nextDeadline();
    if (deadline === this.wakeWanted) return;
    this.wakeWanted = deadline;
    this.platform.wakeAt(deadline);
  }

  private turn(): void {
    if (this.draining) this.again = true;
    if (this.draining || this.drainWanted || this.over) return;
    this.drainWanted = true;
    this.platform.drainLater();
  }

  // ── effects ───────────────────────────────────────────────────────────────────────────────────────

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'write':
        return this.platform.write(effect.link, effect.chunks, effect.byteLength);
      case 'deliver':
        return this.ports.delivered(effect.feature, effect.event);
      case 'answer':
        return this.take(effect.token)?.resolve(effect.value);
      case 'fail':
        return this.take(effect.token)?.reject(SkeinError.from(effect.failure));
      case 'dial':
        return this.platform.dial(effect.link, effect.address, effect.timeoutMs, effect.avoid);
      case 'close':
        return this.platform.close(effect.link);
      case 'broadcast':
        return this.platform.broadcast(effect.bytes);
      case 'datagram':
        return this.platform.sendDatagram(effect.address, effect.bytes);
      case 'store':
        return this.store(effect);
      case 'poll':
        return this.platform.poll(effect.phases);
      case 'door':
        return this.platform.door?.(effect.feature, effect.action);
      case 'log':
        return this.platform.log(effect.level, effect.text, effect.fields);
      case 'ended':
        return this.ports.ended(effect.failure);
    }
  }

  private store(effect: Extract<Effect, { type: 'store' }>): void {
    const { place, feature, operation } = effect;
    const { kernel } = this;
    const report = (result: StoreResult): void => {
      // A kernel that has taken over gives the same tokens to operations of its own.
      if (this.over || this.kernel !== kernel) return;
      kernel.stored(effect, result, this.platform.now());
      this.turn();
    };
    const store = place === 'swarm' ? this.platform.store : this.platform.ownStore;
    if (store === undefined) {
      return report({ ok: false, failure: noStore(feature) });
    }
    store.execute(feature, operation).then(
      (value) => report({ ok: true, value }),
      (error: unknown) => report({ ok: false, failure: failureOf(error, `the store of ${feature}`) }),
    );
  }

  private releaseDrainWaiters(): void {
    const waiters = this.drainWaiters;
    this.drainWaiters = [];
    for (const resolve of waiters) resolve();
  }

  private take(token: number): Waiting | undefined {
    const waiting = this.waiting.get(token);
    this.waiting.delete(token);
    return waiting;
  }

  private rejectAll(reason: Failure): void {
    for (const { reject } of this.waiting.values()) reject(SkeinError.from(reason));
    this.waiting.clear();
  }
}

function noStore(feature: string): Failure {
  const text = `this node has no store, which feature "${feature}" needs: start the node with one that has its part`;
  return failure('SKEIN_INVALID', text);
}
