/** `log.follow`: a stream of entries, fed page by page as they are read. Made by the log's facade. */
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream } from '../../../kit/streams.ts';
import { withResolvers } from '../../../kit/with-resolvers.ts';
import type { LogEntry, LogFollowOptions } from '../api.ts';
import { readCursor } from '../core/log-types.ts';
import { coreFilter } from './check-options.ts';
import { type ReaderPorts, readAll } from './reader.ts';

export class Following {
  readonly stream: MessageStream<LogEntry>;
  private readonly pushed: PushStream<LogEntry>;
  private readonly ended = new AbortController();
  /** Called once all that was pushed is read, or nobody reads any more. */
  private read: (() => void) | undefined;

  /** @param closed Called once it has ended. */
  constructor(ports: ReaderPorts, { after, signal, ...filter }: LogFollowOptions, closed: () => void) {
    const opened = withResolvers();
    this.pushed = new PushStream<LogEntry>(
      {
        consumed: () => {
          if (this.pushed.waiting === 0) this.read?.();
        },
        closed: () => {
          this.ended.abort();
          this.read?.();
          opened.resolve();
          closed();
        },
      },
      opened.promise,
    );
    this.stream = this.pushed;
    this.pushed.endWith(signal);
    const place = readCursor(after);
    const reading = readAll(ports, {
      filter: coreFilter(filter),
      signal: this.ended.signal,
      begin: async () => place,
      beginAgain: async (store) => ({ store, n: 0 }),
      opened: () => opened.resolve(),
      took: (entries) => this.push(entries),
    });
    reading.then(
      () => this.pushed.end(),
      (error: Error) => this.end(error),
    );
  }

  end(error: Error | undefined): void {
    this.pushed.end(error);
  }

  private async push(entries: readonly LogEntry[]): Promise<void> {
    for (const entry of entries) this.pushed.push(entry);
    if (this.pushed.waiting === 0 || this.ended.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.read = resolve;
    });
  }
}
