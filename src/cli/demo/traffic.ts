/**
 * A steady flow of messages from one node to another, and what became of each.
 *
 * Used by the story. Invariant: everything counted here was seen at the ends, outside of the nodes that
 * are being judged: sent and receipted at the source, arrived (with the hops it took) at the destination.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageFields } from '../../features/messaging/remote.ts';
import type { DemoNode } from './fleet.ts';

const kind = 'demo';

export interface Arrival {
  readonly at: number;
  readonly route: readonly string[];
}

export class Traffic {
  sent = 0;
  delivered = 0;
  missing = 0;
  duplicates = 0;
  last: Arrival | undefined;
  readonly source: string;
  readonly destination: string;
  private stopped = false;
  private readonly outstanding = new Set<Promise<void>>();
  private readonly seen = new Set<number>();
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<(arrival: Arrival) => void>();
  private readonly loops: Promise<unknown>[];

  private constructor(
    from: DemoNode,
    to: DemoNode,
    intervalMs: number,
    listening: AsyncIterable<MessageFields>,
  ) {
    this.source = from.name;
    this.destination = to.name;
    this.loops = [this.send(from, intervalMs), this.receive(listening)];
    for (const loop of this.loops) loop.catch(() => {});
  }

  static async start(from: DemoNode, to: DemoNode, intervalMs: number): Promise<Traffic> {
    const stream = to.client.stream('listen', { kind });
    await stream.opened;
    const traffic = new Traffic(from, to, intervalMs, stream);
    traffic.stopping.signal.addEventListener('abort', () => void stream.close());
    return traffic;
  }

  /** The next arrival that `fits`. */
  arrival(fits: (arrival: Arrival) => boolean): Promise<Arrival> {
    return new Promise((resolve) => {
      const look = (arrival: Arrival) => {
        if (!fits(arrival)) return;
        this.waiting.delete(look);
        resolve(arrival);
      };
      this.waiting.add(look);
    });
  }

  /** Sends no more, waits for what is under way, and listens no more. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.loops[0];
    await Promise.all(this.outstanding);
    this.stopping.abort();
    await this.loops[1];
  }

  /** The nodes are about to go: whatever is under way comes to nothing. */
  abandon(): void {
    this.stopped = true;
    this.stopping.abort();
  }

  private async send(from: DemoNode, intervalMs: number): Promise<void> {
    while (!this.stopped) {
      const one = this.sendOne(from).finally(() => this.outstanding.delete(one));
      this.outstanding.add(one);
      await sleep(intervalMs);
    }
  }

  private async sendOne(from: DemoNode): Promise<void> {
    const message = { to: [this.destination], body: `message ${++this.sent}`, kind, trace: true };
    try {
      const result = await from.client.call('send', { ...message, require: 'none' });
      this.delivered += result.deliveredCount;
      this.missing += result.missingCount;
    } catch {
      this.missing++;
    }
  }

  private async receive(messages: AsyncIterable<MessageFields>): Promise<void> {
    for await (const message of messages) {
      if (this.seen.has(message.id)) this.duplicates++;
      this.seen.add(message.id);
      const arrival = { at: performance.now(), route: message.route ?? [] };
      this.last = arrival;
      for (const look of [...this.waiting]) look(arrival);
    }
  }
}
