/**
 * Streams of what a feature watches at the broker: its value now, then at each change.
 *
 * Made by facades of features that need the swarm. Invariant: a reader that is slow misses values in between and never
 * the latest; one stream reads one value at a time; a value that is like the one before is not given again.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream } from '../../../kit/streams.ts';
import type { SwarmShared } from '../shape.ts';

interface Ports {
  readonly swarm: SwarmShared;
  after(milliseconds: number, callback: () => void): () => void;
}

export interface Watched<Value> {
  /** Under which changes are notified, before a value was read. */
  readonly topics: readonly string[];
  /** The same once one was read. Default: the same ones. */
  topicsOf?(value: Value): readonly string[];
  /** Undefined: there is none, and there will be none. */
  read(): Promise<Value | undefined>;
  /** Nothing will change after it. */
  isLast(value: Value): boolean;
}

/** A question that has failed for a while, as without a broker, is asked again after this. */
const readAgainMs = 500;

export class WatchedStreams {
  private readonly ports: Ports;
  private readonly open = new Set<{ readonly end: (error: Error | undefined) => void }>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** @throws SkeinError SKEIN_BUSY, SKEIN_CLOSED */
  stream<Value>(watched: Watched<Value>, signal: AbortSignal | undefined): MessageStream<Value> {
    const end = (error: Error | undefined): void => reading.stream.end(error);
    const entry = { end };
    const reading = new Reading(this.ports, watched, () => this.open.delete(entry));
    this.open.add(entry);
    reading.start(signal);
    return reading.stream;
  }

  /** The node has ended. */
  end(error: Error | undefined): void {
    for (const { end } of [...this.open]) end(error);
  }
}

class Reading<Value> {
  readonly stream: PushStream<Value>;
  private isEnded = false;
  private readonly ports: Ports;
  private readonly watched: Watched<Value>;
  private topics: readonly string[] = [];
  private stopWatching: () => void = () => undefined;
  private cancelAgain: () => void = () => undefined;
  private state: 'idle' | 'reading' | 'to read again' = 'idle';
  /** Something has changed while the reader had not taken the value before. */
  private isBehind = false;
  private last: string | undefined;

  constructor(ports: Ports, watched: Watched<Value>, closed: () => void) {
    this.ports = ports;
    this.watched = watched;
    const ended = (): void => {
      this.isEnded = true;
      this.stopWatching();
      this.cancelAgain();
      closed();
    };
    this.stream = new PushStream<Value>(
      { closed: ended, consumed: () => this.consumed() },
      Promise.resolve(),
    );
    this.watch(watched.topics);
  }

  start(signal: AbortSignal | undefined): void {
    this.stream.endWith(signal);
    this.changed();
  }

  private changed(): void {
    if (this.isEnded) return;
    if (this.stream.waiting > 0) this.isBehind = true;
    else if (this.state === 'idle') void this.read();
    else this.state = 'to read again';
  }

  private consumed(): void {
    if (!this.isBehind) return;
    this.isBehind = false;
    this.changed();
  }

  private async read(): Promise<void> {
    this.state = 'reading';
    try {
      this.give(await this.watched.read());
    } catch (error) {
      if (!(error instanceof SkeinError && error.retryable)) this.stream.end(error as Error);
      else if (!this.isEnded) this.cancelAgain = this.ports.after(readAgainMs, () => this.changed());
    }
    const isAgain = this.state !== 'reading';
    this.state = 'idle';
    if (isAgain) this.changed();
  }

  private watch(topics: readonly string[]): void {
    this.stopWatching();
    this.topics = topics;
    this.stopWatching = this.ports.swarm.watch(topics, () => this.changed());
  }

  private give(value: Value | undefined): void {
    if (this.isEnded) return;
    if (value === undefined) return this.stream.end();
    const topics = this.watched.topicsOf?.(value) ?? this.topics;
    if (topics.join(' ') !== this.topics.join(' ')) {
      this.watch(topics);
      // It may have changed before that was watched.
      this.state = 'to read again';
    }
    const text = JSON.stringify(value);
    if (text !== this.last) this.stream.push(value);
    this.last = text;
    if (this.watched.isLast(value)) this.stream.end();
  }
}
