/**
 * What the simulated programs do besides sending: they offer a service, and ask each other for it.
 *
 * Who calls it: the simulation, where its workload is `calls`. Invariant: only programs whose event loop turns act,
 * and every call and every handler goes to the ledger.
 */

import type { Call, RequestOptions } from '../../../node/node.ts';
import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import { service } from '../api/service.ts';
import { type AskedCall, type CallAnswer, type CallLedger, plannedFailure } from './call-ledger.ts';

const Once = service<CallInput, CallAnswer>('sim-once');
const Twice = service<CallInput, CallAnswer>('sim-twice', { idempotent: true });

interface CallInput {
  readonly number: number;
  readonly filler: Uint8Array;
}

/** Of the members, by chance; the first always does. */
const offeringShare = 0.4;
const idempotentShare = 0.3;
const abortedShare = 0.1;
const slowShare = 0.3;
/** Works until it is told that nobody waits. */
const stuckShare = 0.05;
const failingShare = 0.05;
const slowMsMax = 3000;
const timeoutsMs = [500, 3000, 10_000] as const;
const fillerBytesMax = 2000;
const concurrency = 4;
const queue = 8;

export class CallWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: CallLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;

  constructor(mesh: Mesh, ledger: CallLedger, callsPerSecond: number) {
    this.mesh = mesh;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('calls');
    this.pace = new Pace(mesh.world, this.random, callsPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => this.offer(life) });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
  }

  /** One that is answered at once, by whoever offers the service. */
  probe(life: Life): AskedCall {
    return this.ask(life, false, { timeoutMs: 10_000 }, true);
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    this.ask(life, this.random.chance(idempotentShare), this.options(life), false);
  }

  private options(life: Life): RequestOptions {
    const options: RequestOptions = { timeoutMs: this.random.pick(timeoutsMs) };
    if (this.random.chance(abortedShare)) return { ...options, signal: this.soonAborted(life) };
    const draw = this.random.next();
    if (draw < 0.2) return { ...options, to: this.random.pick(this.mesh.members).nodeName };
    if (draw < 0.4) return { ...options, strategy: 'round-robin' };
    if (draw < 0.5) return { ...options, strategy: 'random' };
    if (draw < 0.6) return { ...options, strategy: 'least-loaded' };
    return draw < 0.7 ? { ...options, key: `key ${this.random.integer(0, 9)}` } : options;
  }

  private soonAborted(life: Life): AbortSignal {
    const controller = new AbortController();
    life.platform.after(this.random.between(0, 1000), () => controller.abort());
    return controller.signal;
  }

  private ask(life: Life, isIdempotent: boolean, options: RequestOptions, isProbe: boolean): AskedCall {
    const call = this.ledger.asked(life, isIdempotent, options.timeoutMs as number);
    // Without a filler it is answered at once.
    const input = {
      number: call.number,
      filler: new Uint8Array(isProbe ? 0 : this.random.integer(1, fillerBytesMax)),
    };
    this.mesh.world.touchProgram();
    life.node.request(isIdempotent ? Twice : Once, input, options).then(
      (answer) => this.ledger.done(call, answer),
      (error: unknown) => this.ledger.failed(call, error),
    );
    return call;
  }

  private offer(life: Life): void {
    const { members } = this.mesh;
    const isFirst = members[0] === life.member;
    if (!isFirst && !this.mesh.world.random.fork(`offers ${life.member.name}`).chance(offeringShare)) return;
    for (const offered of [Once, Twice]) {
      const handler = (call: Call<CallInput>): CallAnswer | Promise<CallAnswer> => this.carryOut(life, call);
      life.node.respond(offered, handler, { concurrency, queue });
    }
  }

  private carryOut(life: Life, { input, signal }: Call<CallInput>): CallAnswer | Promise<CallAnswer> {
    const carrying = this.ledger.begun(life, input.number, signal);
    const answer = { number: input.number, by: life.node.name, instance: life.node.instance };
    const over = (): CallAnswer => {
      if (carrying !== undefined) carrying.isOver = true;
      return answer;
    };
    if (input.filler.length === 0) return over();
    const draw = this.random.next();
    if (draw < failingShare) {
      over();
      throw Object.assign(new Error('as planned'), { code: plannedFailure });
    }
    if (draw < failingShare + stuckShare) return untilTold(signal).then(over);
    if (draw < failingShare + stuckShare + slowShare)
      return new Promise((resolve) => {
        life.platform.after(this.random.between(0, slowMsMax), () => resolve(over()));
      });
    return over();
  }
}

function untilTold(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
