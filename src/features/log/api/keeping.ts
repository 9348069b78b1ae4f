/**
 * `log.keep`: hands all that has happened to a handler, and has the store remember how far it has come.
 *
 * Made by the log's facade. Invariant: what a handler has not settled, or the store has not acknowledged, is handed over
 * again; nothing is handed over before the handler has settled what came before.
 */
import { stackOfThrown } from '../../../kernel/thrown.ts';
import type { MessageSubscription } from '../../../kit/streams.ts';
import { subscription } from '../../../kit/subscription.ts';
import { withResolvers } from '../../../kit/with-resolvers.ts';
import type { LogEntry, LogKeepOptions } from '../api.ts';
import { logLimits } from '../core/limits.ts';
import type { Cursor } from '../core/log-types.ts';
import { coreFilter } from './check-options.ts';
import { textOf } from './log-source.ts';
import { type ReaderPorts, readAll, tried, waited } from './reader.ts';

export interface KeepingPorts extends ReaderPorts {
  warn(text: string): void;
  /** It has ended, and nothing of it runs any more. */
  ended(keeping: Keeping): void;
}

type Handler = (entries: readonly LogEntry[]) => unknown;

export class Keeping {
  readonly subscription: MessageSubscription;
  private readonly ports: KeepingPorts;
  private readonly name: string;
  private readonly handler: Handler;
  private readonly stopped = new AbortController();
  private acknowledged: string | undefined;

  constructor(ports: KeepingPorts, name: string, handler: Handler, { signal, ...filter }: LogKeepOptions) {
    this.ports = ports;
    this.name = name;
    this.handler = handler;
    const opened = withResolvers();
    // That the node is closed is reported by its `close` event.
    opened.promise.catch(() => undefined);
    this.subscription = subscription(opened.promise, () => this.stop(), signal);
    const { source } = ports;
    const begin = () => source.reader(name);
    const reading = readAll(ports, {
      filter: coreFilter(filter),
      signal: this.stopped.signal,
      begin,
      beginAgain: begin,
      opened: () => opened.resolve(),
      took: (entries, place) => this.took(entries, place),
    });
    void reading
      .then(
        () => opened.resolve(),
        (error: Error) => this.failed(error, opened.reject),
      )
      .finally(() => ports.ended(this));
  }

  /** What the handler is at work on is still acknowledged. */
  stop(): void {
    this.stopped.abort();
  }

  private failed(error: Error, reject: (error: Error) => void): void {
    reject(error);
    if (!this.ports.isClosed()) this.ports.warn(`the log is kept no more as ${this.name}: ${error.message}`);
  }

  private async took(entries: readonly LogEntry[], place: Cursor): Promise<void> {
    if (entries.length > 0 && !(await this.handled(entries))) return;
    const text = textOf(place);
    if (text === this.acknowledged) return;
    // Also once it is stopped: otherwise the same events would come again.
    const still = new AbortController().signal;
    await tried(this.ports, still, () => this.ports.source.acknowledge(this.name, place));
    this.acknowledged = text;
  }

  /** False: it was stopped before it has succeeded. */
  private async handled(entries: readonly LogEntry[]): Promise<boolean> {
    for (
      let waitMs: number = logLimits.logKeepAgainMs;
      ;
      waitMs = Math.min(2 * waitMs, logLimits.logKeepAgainMsMax)
    ) {
      try {
        await this.handler(entries);
        return true;
      } catch (error) {
        const text = stackOfThrown(error);
        this.ports.warn(
          `${this.name} has not kept ${entries.length} events of the log, which come again: ${text}`,
        );
      }
      await waited(this.ports.after, this.stopped.signal, waitMs);
      if (this.stopped.signal.aborted) return false;
    }
  }
}
