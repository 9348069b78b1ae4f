/**
 * The events of a node in another process, as the same typed EventTarget.
 *
 * Part of an attached node. Invariant: the stream is opened by the first listener and awaited by the next
 * call, so that a listener hears everything its own program brings about; the end of the node, graceful or
 * not, is one `close` event.
 */

import { SkeinError } from '../kernel/errors.ts';
import type { NodeEventJson } from '../node/event-stream.ts';
import type { ControlClient } from './client.ts';
import type { ClientStream } from './session/client-stream.ts';

type ListenerArguments = Parameters<EventTarget['addEventListener']>;

export class RemoteEvents extends EventTarget {
  private readonly client: ControlClient;
  private stream: ClientStream<NodeEventJson> | undefined;
  private ended = false;
  private readonly reconnects: boolean;

  /** @param reconnects The end of the node is no end of its events: they go on with the next. */
  constructor(client: ControlClient, reconnects = false) {
    super();
    this.client = client;
    this.reconnects = reconnects;
  }

  override addEventListener(...given: ListenerArguments): void {
    super.addEventListener(...given);
    if (this.stream !== undefined || this.ended) return;
    this.stream = this.client.stream('events', {});
    void this.follow(this.stream);
  }

  /** Resolves when the listeners so far are heard; never rejects: a broken client shows in the next call. */
  get opened(): Promise<void> | undefined {
    return this.stream?.opened.catch(() => {});
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
