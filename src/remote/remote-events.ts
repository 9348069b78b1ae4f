/**
 * The events of a node in another process, as the same typed EventTarget.
 *
 * Part of an attached node. Events that wait at the node until somebody listens have a stream of their own, for as long
 * as this program listens to them. Invariant: the stream is opened by the first listener and awaited by the next
 * call, so that a listener hears everything its own program brings about; the end of the node, graceful or
 * not, is one `close` event.
 */

import { SkeinError } from '../kernel/errors.ts';
import { CountedEvents } from '../kit/counted-events.ts';
import type { NodeEventJson } from '../node/event-stream.ts';
import type { ControlClient } from './client.ts';
import type { ClientStream } from './session/client-stream.ts';

export class RemoteEvents extends CountedEvents {
  private readonly client: ControlClient;
  private stream: ClientStream<NodeEventJson> | undefined;
  /** Types that wait at the node until somebody listens to them. */
  private readonly awaited = new Set<string>();
  private readonly streams = new Map<string, ClientStream<NodeEventJson>>();
  private ended = false;
  private readonly reconnects: boolean;

  /** @param reconnects The end of the node is no end of its events: they go on with the next. */
  constructor(client: ControlClient, reconnects = false) {
    super();
    this.client = client;
    this.reconnects = reconnects;
  }

  /** These wait at the node until somebody listens. */
  await(types: readonly string[]): void {
    for (const type of types) {
      this.awaited.add(type);
      if (this.isListenedTo(type)) this.openAwaited(type);
    }
  }

  protected override begun(type: string): void {
    if (this.ended) return;
    if (this.awaited.has(type)) this.openAwaited(type);
    if (this.stream !== undefined) return;
    this.stream = this.client.stream('events', {});
    void this.follow(this.stream);
  }

  protected override over(type: string): void {
    void this.streams.get(type)?.close();
    this.streams.delete(type);
  }

  private openAwaited(type: string): void {
    if (this.ended || this.streams.has(type)) return;
    const stream = this.client.stream('events', { types: [type] });
    this.streams.set(type, stream);
    void this.followAwaited(stream);
  }

  /** That the node is gone, the other stream says. */
  private async followAwaited(stream: ClientStream<NodeEventJson>): Promise<void> {
    try {
      for await (const event of stream) this.tell(event);
    } catch (problem) {
      if (!this.client.closed && !this.client.isAway)
        this.warn('events', `events of this node are not heard: ${(problem as Error).message}`);
    }
  }

  /** Resolves when the listeners so far are heard; never rejects: a broken client shows in the next call. */
  get opened(): Promise<void> | undefined {
    const streams = [this.stream, ...this.streams.values()].flatMap((stream) => stream ?? []);
    if (streams.length === 0) return undefined;
    return Promise.all(streams.map(({ opened }) => opened.catch(() => {}))).then(() => undefined);
  }

  /** This client is closed: to its program, that is the end of the node. */
  end(): void {
    this.tell({ type: 'close', detail: { error: undefined } });
  }

  /** Something this side noticed, told as the node itself would. */
  readonly warn = (code: string, text: string): void => {
    this.tell({ type: 'warning', detail: { code, text } });
  };

  private async follow(stream: ClientStream<NodeEventJson>): Promise<void> {
    try {
      for await (const event of stream) if (event.type !== 'close' || !this.reconnects) this.tell(event);
      this.end();
    } catch (problem) {
      const code = problem instanceof SkeinError ? problem.code : 'SKEIN_CLOSED';
      this.tell({ type: 'close', detail: { error: { code, message: (problem as Error).message } } });
    }
  }

  tell({ type, detail }: NodeEventJson): void {
    if (this.ended) return;
    this.ended = type === 'close';
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
