/**
 * Reads a stream operation's newline-separated JSON as an async iterable with an explicit end.
 *
 * Made by the control client. Invariant: nothing is read ahead of the reader but what sockets buffer;
 * `close` and leaving the loop end the request, and with it the node's own stream.
 */
import type { IncomingMessage } from 'node:http';
import { SkeinError } from '../kernel/errors.ts';
import type { MessageStream } from '../node/node.ts';
import { errorFromJson } from './errors.ts';

export class ControlStream<Item> implements MessageStream<Item> {
  /** Resolves once the node itself is collecting. */
  readonly opened: Promise<void>;
  private readonly response: Promise<IncomingMessage>;
  private readonly stopping: AbortController;
  private readonly isEnded: () => boolean;

  /** @param isEnded tells whether the reader, its signal or its client has ended this stream. */
  constructor(response: Promise<IncomingMessage>, stopping: AbortController, isEnded: () => boolean) {
    this.response = response;
    this.stopping = stopping;
    this.isEnded = isEnded;
    this.opened = response.then(() => {});
    // Whoever awaits it or iterates is told; nobody else needs to be.
    this.opened.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    try {
      for await (const line of linesOf(await this.response)) yield itemOf<Item>(line);
    } catch (problem) {
      if (this.isEnded()) return;
      throw problem instanceof SkeinError
        ? problem
        : new SkeinError('SKEIN_CLOSED', 'the node ended without a goodbye', { cause: problem });
    } finally {
      this.stopping.abort();
    }
  }

  close(): Promise<void> {
    this.stopping.abort();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Heartbeats are empty lines and stay out. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  const parts: string[] = [];
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = chunk.split('\n');
    parts.push(lines[0] as string);
    if (lines.length === 1) continue;
    lines[0] = parts.splice(0).join('');
    parts.push(lines.pop() as string);
    for (const line of lines) if (line !== '') yield line;
  }
}

function itemOf<Item>(line: string): Item {
  const item = JSON.parse(line) as { $error?: unknown } | null;
  if (item !== null && typeof item === 'object' && item.$error !== undefined)
    throw errorFromJson(item.$error);
  return item as Item;
}
