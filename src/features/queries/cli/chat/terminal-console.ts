/**
 * A chat in a terminal: one line to type in, at the bottom, and everything else above it.
 *
 * Made by `openConsole`. Invariant: the line that is being typed, and the place of the cursor in it, are the same before
 * and after something was printed.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { PushStream } from '../../../../kit/stream.ts';
import type { ChatConsole, Complete } from './console.ts';

const historyLines = 500;

/** Node.js declares no `prevRows`: by how many rows it goes up before it writes the line again. A test looks. */
type Typing = Interface & { prevRows?: number };

export class TerminalConsole implements ChatConsole {
  readonly lines: AsyncIterable<string>;
  private readonly output: WriteStream;
  private readonly typing: Typing;
  private readonly listeners = new Set<() => void>();
  private isClosed = false;

  constructor(input: ReadStream, output: WriteStream, prompt: string, complete: Complete) {
    this.output = output;
    const completer = (
      line: string,
      done: (problem: Error | null, found: [string[], string]) => void,
    ): void => {
      // Nothing found is no failure: the line stays as it is.
      complete(line).then(
        ([words, replaced]) => done(null, [[...words], replaced]),
        () => done(null, [[], line]),
      );
    };
    const options = { input, output, prompt, completer, terminal: true, historySize: historyLines };
    this.typing = createInterface({ ...options, removeHistoryDuplicates: true });
    const lines = new PushStream<string>({ closed: () => undefined }, Promise.resolve());
    this.lines = lines;
    this.typing.on('line', (line) => {
      lines.push(line);
      this.typing.prompt();
    });
    this.typing.on('close', () => {
      this.isClosed = true;
      lines.end();
    });
    this.typing.on('SIGINT', () => this.interrupted());
    this.typing.prompt();
  }

  print(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (problem?: Error | null): void => (problem ? reject(problem) : resolve());
      if (this.isClosed) {
        this.output.write(`${text}\n`, done);
        return;
      }
      // The line that is typed may go over several rows, and the cursor may stand in any of them.
      const { rows } = this.typing.getCursorPos();
      moveCursor(this.output, 0, -rows);
      cursorTo(this.output, 0);
      clearScreenDown(this.output);
      this.output.write(`${text}\n`, done);
      this.typing.prevRows = 0;
      this.typing.prompt(true);
    });
  }

  complain(text: string): Promise<void> {
    return this.print(text);
  }

  onInterrupt(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    if (this.isClosed) return;
    // What is left of the prompt is no part of what was said.
    cursorTo(this.output, 0);
    clearScreenDown(this.output);
    this.typing.close();
  }

  /** Ctrl-C ends the command that runs, else what is typed, else the chat. */
  private interrupted(): void {
    if (this.listeners.size > 0) for (const listener of this.listeners) listener();
    else if (this.typing.line === '') this.close();
    else this.typing.write(null, { ctrl: true, name: 'e' });
    if (!this.isClosed && this.typing.line !== '') this.typing.write(null, { ctrl: true, name: 'u' });
  }
}
