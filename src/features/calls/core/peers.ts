/**
 * What the asker keeps of each node that it asks: the way there, the beginnings of its frames, its load, and
 * which of its replies it has yet to be told of.
 *
 * Who calls it: the asker. Invariant: a peer that nothing is under way to is forgotten once it has been told all.
 */
import type { BehaviorAgent, PreparedFrame } from '../../../kernel/contracts.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { lifeOf, lifeTailOf } from '../../../kernel/life.ts';
import { callLimits } from './limits.ts';
import { CallType, encodeGot, encodeRequestHead } from './wire.ts';

/** The beginnings of requests for one service: with bytes, and with a value. */
interface Heads {
  readonly timeoutMs: number;
  readonly frames: readonly [PreparedFrame, PreparedFrame];
}

/** Told at once, or a second after the first of them. */
const toldAtOnceFrom = 16;
const toldAtOnceFromBytes = 64 * 1024;

export class Peer {
  readonly node: NodeId;
  readonly load = { ofOthers: 0, own: 0 };
  /** Inputs of the calls that are under way there. */
  private inputBytes = 0;
  /** The neighbor that requests leave by, and the life they are for, as of `version`. */
  via: NodeId | undefined;
  instance: Instance | undefined;
  private version = -1;
  private readonly heads = new Map<string, Heads>();
  private got: number[] = [];
  private gotBytes = 0;
  private readonly agent: BehaviorAgent;

  constructor(node: NodeId, agent: BehaviorAgent) {
    this.node = node;
    this.agent = agent;
  }

  /** What the routes say now. @returns what has changed since it was looked at last. */
  look(): { readonly moved: boolean; readonly restarted: boolean } {
    const { routes, directory } = this.agent;
    const { version } = routes;
    if (version === this.version) return unchanged;
    const isFirst = this.version === -1;
    this.version = version;
    const path = routes.pathToNode(this.node);
    const via = path.action === 'next' ? path.neighbor : undefined;
    const instance = directory.get(this.node)?.instance;
    const moved = via !== undefined && via !== this.via;
    // Its record may come later than the first request, and is not there for a moment when it is replaced.
    const restarted = this.instance !== undefined && instance !== undefined && instance !== this.instance;
    this.via = via;
    // Their beginnings name the life that they are for.
    if (restarted) this.heads.clear();
    this.instance = instance ?? this.instance;
    return isFirst ? unchanged : { moved, restarted };
  }

  /** The beginning of a request: its deadline is in it, which is mostly the same time away. */
  head(service: string, encoding: number, timeoutMs: number): PreparedFrame {
    let heads = this.heads.get(service);
    if (heads?.timeoutMs !== timeoutMs) {
      heads = {
        timeoutMs,
        frames: [this.prepare(service, 0, timeoutMs), this.prepare(service, 1, timeoutMs)],
      };
      this.heads.set(service, heads);
    }
    return heads.frames[encoding as 0 | 1];
  }

  private prepare(service: string, encoding: number, timeoutMs: number): PreparedFrame {
    const { instance } = this.agent.self;
    const forLife = this.instance === undefined ? 0 : lifeOf(this.instance);
    const lives = { life: lifeOf(instance), lifeTail: lifeTailOf(instance), forLife };
    const head = { ...lives, timeoutMs, service, encoding };
    return this.agent.prepare(this.node, encodeRequestHead(head), {
      type: CallType.request,
      wantsReturn: true,
    });
  }

  /** One more call, with such an input, is more than one node may hold up. */
  isFullFor(inputBytes: number): boolean {
    const { own } = this.load;
    return (
      own >= callLimits.callsPerNodeMax ||
      (own > 0 && this.inputBytes + inputBytes > callLimits.callsBytesPerNodeMax)
    );
  }

  isAsked(inputBytes: number): void {
    this.load.own++;
    this.inputBytes += inputBytes;
  }

  /** Its reply has come: it need not keep it any longer. */
  hasAnswered(number: number, byteLength: number, load: number, inputBytes: number): void {
    this.isOver(inputBytes);
    this.load.ofOthers = Math.max(0, load - this.load.own);
    this.got.push(number);
    this.gotBytes += byteLength;
  }

  /** It has not answered and will not, or nobody waits for it. */
  isOver(inputBytes: number): void {
    this.load.own--;
    this.inputBytes -= inputBytes;
  }

  get isIdle(): boolean {
    return this.load.own === 0 && this.got.length === 0;
  }

  /** Tells it of the replies that have come, if they are many or large, or it is time. */
  tell(life: number, isTime: boolean): void {
    const isDue = isTime || this.got.length >= toldAtOnceFrom || this.gotBytes >= toldAtOnceFromBytes;
    if (!isDue || this.got.length === 0) return;
    this.agent.send({ to: 'node', node: this.node }, encodeGot(life, this.got), { type: CallType.got });
    this.got = [];
    this.gotBytes = 0;
  }
}

const unchanged = { moved: false, restarted: false };
