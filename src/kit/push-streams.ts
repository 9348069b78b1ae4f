/**
 * One source, any number of readers: the streams that a facade has open for its programs.
 *
 * Who calls it: facades, for what comes as events of their behavior. Invariant: a reader that does not read holds at
 * most so many items, then its stream ends with an error; the others are not affected.
 */
import { SkeinError } from '../kernel/errors.ts';
import { PushStream } from './stream.ts';
import type { MessageStream, StreamOptions } from './streams.ts';

/** Of one reader. A burst of a large mesh fits; a reader that is further behind has stopped. */
const waitingMaxDefault = 10_000;

/** One source and any number of readers: what a facade uses for its streams. */
export class PushStreams<Item> {
  private readonly waitingMax: number;
  private readonly open = new Set<PushStream<Item>>();
  private ended: { readonly error: Error | undefined } | undefined;

  constructor(waitingMax: number = waitingMaxDefault) {
    this.waitingMax = waitingMax;
  }

  /** A stream of all that is pushed from now on, until its reader, the signal or `end` ends it. */
  stream({ signal }: StreamOptions = {}): MessageStream<Item> {
    // Without the signal: one that has fired already would end the stream before it stands.
    const stream = new PushStream<Item>({ closed: () => this.open.delete(stream) }, Promise.resolve());
    this.open.add(stream);
    if (this.ended !== undefined) stream.end(this.ended.error);
    else stream.endWith(signal);
    return stream;
  }

  /** Gives an item to every reader. */
  push(item: Item): void {
    for (const stream of this.open) {
      if (stream.waiting < this.waitingMax) stream.push(item);
      else
        stream.end(
          new SkeinError('SKEIN_BUSY', `this reader is ${this.waitingMax} items behind: read faster`),
        );
    }
  }

  /** The source has ended; with an error the readers' next pulls reject. Streams asked for later have ended already. */
  end(error?: Error): void {
    this.ended ??= { error };
    for (const stream of [...this.open]) stream.end(error);
  }
}
