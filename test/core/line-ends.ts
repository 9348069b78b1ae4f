/** Two ends of a line over a network that loses, repeats and delays what it is asked to. */
import type { BehaviorAgent } from '../../src/kernel/contracts.ts';
import { Lines } from '../../src/kernel/lines/lines.ts';
import { LineType } from '../../src/kernel/lines/wire.ts';
import { encodeFrame, Frame, RouteKind } from '../../src/kernel/wire/frame.ts';

export type Fate = 'arrives' | 'lost' | 'twice' | 'late';

export class Ends {
  now = 0;
  readonly handed: string[] = [];
  readonly processed: string[] = [];
  readonly ended: number[] = [];
  readonly forgotten: number[] = [];
  readonly sent: string[] = [];
  readonly startedOver: number[] = [];
  private readonly undone: (() => void)[] = [];
  private readonly instances = new Map([
    [1, '1111111111111111'],
    [2, '2222222222222222'],
  ]);
  private readonly flying: { at: number; to: number; frame: Uint8Array }[] = [];
  private readonly wantsFlush = new Set<number>();
  readonly ends = new Map<number, Lines>();
  private readonly fate: () => Fate;
  isReachable = true;

  constructor(fate: () => Fate) {
    this.fate = fate;
    for (const node of [1, 2]) this.begin(node);
  }

  begin(node: number): void {
    const lines = new Lines({
      received: (_from, bytes, done) => {
        this.handed.push(bytes.length > 100 ? `${bytes.length}` : new TextDecoder().decode(bytes));
        this.undone.push(done);
      },
      ended: (other) => this.ended.push(other),
      forgotten: (other) => this.forgotten.push(other),
      startedOver: (other) => this.startedOver.push(other),
    });
    lines.started(this.agentOf(node));
    this.ends.set(node, lines);
  }

  restart(node: number, instance: string): void {
    this.instances.set(node, instance);
    this.begin(node);
    this.lines(3 - node).event({ type: 'routes-changed' });
  }

  /** What the other end believes of a node: at the end of the turn, and in the announcement itself. */
  announce(node: number, instance: string): void {
    this.instances.set(node, instance);
    const nothing = new Map<string, Uint8Array>();
    this.lines(3 - node).event({ type: 'sections-changed', node, before: nothing, after: nothing });
    this.lines(3 - node).event({ type: 'routes-changed' });
  }

  lines(node: number): Lines {
    return this.ends.get(node) as Lines;
  }

  /** Where nobody waits for what becomes of it. */
  mention(text: string): void {
    this.lines(1).send(2, new TextEncoder().encode(text));
    this.flush();
  }

  say(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    this.lines(1).send(2, bytes, () =>
      this.processed.push(typeof text === 'string' ? text : `${text.length}`),
    );
    this.flush();
  }

  finish(): void {
    for (const done of this.undone.splice(0)) done();
    this.flush();
  }

  /** Until nothing flies and nobody waits, or the time is over. */
  run(forMs: number, finishes = true): void {
    const until = this.now + forMs;
    for (;;) {
      this.flush();
      const next = Math.min(
        ...this.flying.map(({ at }) => at),
        ...[...this.ends.values()].map((lines) => lines.nextDeadline()),
      );
      if (next > until) break;
      this.now = Math.max(this.now + 0.01, next);
      const due = this.flying.filter(({ at }) => at <= this.now);
      for (const each of due) {
        this.flying.splice(this.flying.indexOf(each), 1);
        this.lines(each.to).message(frameOf(each.frame));
      }
      for (const lines of this.ends.values()) lines.deadline(this.now);
      if (finishes) this.finish();
    }
    this.now = until;
  }

  private flush(): void {
    while (this.wantsFlush.size > 0) {
      const nodes = [...this.wantsFlush];
      this.wantsFlush.clear();
      for (const node of nodes) this.lines(node).flush(this.now);
    }
  }

  private agentOf(node: number): BehaviorAgent {
    const ends = this;
    const agent = {
      get now() {
        return ends.now;
      },
      self: { instance: this.instances.get(node) },
      directory: { get: (id: number) => ({ instance: ends.instances.get(id), reachable: true }) },
      neighbors: new Map(),
      routes: { pathToNode: (id: number) => ({ action: 'next', neighbor: id }) },
      flushLater: () => ends.wantsFlush.add(node),
      send: (
        { node: to }: { node: number },
        payload: Uint8Array,
        { type, sequence = 0 }: { type: number; sequence?: number },
      ) => {
        if (!ends.isReachable) return [{ node: to, reason: 'no-route' }];
        const header = {
          kind: RouteKind.node,
          type,
          feature: 7,
          destination: to,
          source: node,
          sequence,
          ttl: 9,
          flags: 0,
        };
        const frame = encodeFrame(header, payload);
        ends.sent.push(`${node} ${type === LineType.part ? 'part' : 'ack'}`);
        const fate = ends.fate();
        const delays = { arrives: [1], lost: [], twice: [1, 3], late: [30] }[fate];
        for (const delay of delays) ends.flying.push({ at: ends.now + delay, to, frame: frame.slice() });
        return [];
      },
    };
    return agent as unknown as BehaviorAgent;
  }
}

export function frameOf(bytes: Uint8Array): Frame {
  const frame = new Frame();
  frame.read(bytes, 0, bytes.length);
  return frame;
}

export const texts = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);
