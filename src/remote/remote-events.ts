/**
 * The events of a node in another process, as the same typed EventTarget.
 *
 * Part of an attached node. Invariant: the stream is opened by the first listener and awaited by the next
 * call, so that a listener hears everything its own program brings about; the end of the node, graceful or
 * not, is one `close` event.
 */

import { SkeinError } from '../kernel/errors.ts';
import type { NodeEventJson } from '../node/event-stream.ts';
import type { NodeEvents, NodeEventTarget } from '../node/node.ts';
import type { ControlClient } from './client.ts';
import type { ClientStream } from './session/client-stream.ts';

export class RemoteEvents implements NodeEventTarget {
  private readonly client: ControlClient;
  private readonly target = new EventTarget();
  private stream: ClientStream<NodeEventJson> | undefined;
  private ended = false;

  constructor(client: ControlClient) {
    this.client = client;
  }

  addEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
    options: { once?: boolean; signal?: AbortSignal } = {},
  ): void {
    this.target.addEventListener(type, listener as unknown as (event: Event) => void, options);
    if (this.stream !== undefined || this.ended) return;
    this.stream = this.client.stream('events', {});
    void this.follow(this.stream);
  }

  removeEventListener<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: CustomEvent<NodeEvents[Type]>) => void,
  ): void {
    this.target.removeEventListener(type, listener as unknown as (event: Event) => void);
  }

  /** Resolves when the listeners so far are heard; never rejects: a broken client shows in the next call. */
  get opened(): Promise<void> | undefined {
    return this.stream?.opened.catch(() => {});
  }

  /** This client is closed: to its program, that is the end of the node. */
  end(): void {
    this.dispatch({ type: 'close', detail: { error: undefined } });
  }

  /** Something this side noticed, told as the node itself would. */
  readonly warn = (code: string, text: string): void => {
    this.dispatch({ type: 'warning', detail: { code, text } });
  };

  private async follow(stream: ClientStream<NodeEventJson>): Promise<void> {
    try {
      for await (const event of stream) this.dispatch(event);
      this.end();
    } catch (problem) {
      const code = problem instanceof SkeinError ? problem.code : 'SKEIN_CLOSED';
      this.dispatch({ type: 'close', detail: { error: { code, message: (problem as Error).message } } });
    }
  }

  private dispatch({ type, detail }: NodeEventJson): void {
    if (this.ended) return;
    this.ended = type === 'close';
    this.target.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
