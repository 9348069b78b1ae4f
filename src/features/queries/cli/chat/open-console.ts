/** Chooses where a chat is typed and read. Called by `skein chat`. */
import { createInterface } from 'node:readline';
import { PushStream } from '../../../../kit/stream.ts';
import type { ChatConsole, Complete } from './console.ts';
import { TerminalConsole } from './terminal-console.ts';

export function openConsole(prompt: string, complete: Complete): ChatConsole {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return isTerminal ? new TerminalConsole(process.stdin, process.stdout, prompt, complete) : pipedConsole();
}

/** Line by line: what is printed is what a program reads, and failures go to standard error. */
function pipedConsole(): ChatConsole {
  const reading = createInterface({ input: process.stdin, terminal: false });
  // Its own iterator loses what comes before somebody iterates.
  const lines = new PushStream<string>({ closed: () => undefined }, Promise.resolve());
  reading.on('line', (line) => lines.push(line));
  reading.on('close', () => lines.end());
  return {
    lines,
    print: (text) => written(process.stdout, `${text}\n`),
    complain: (text) => written(process.stderr, `skein: chat: ${text}\n`),
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.once(signal, listener);
      return () => {
        for (const signal of signals) process.removeListener(signal, listener);
      };
    },
    close: () => reading.close(),
  };
}

function written(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (problem) => (problem ? reject(problem) : resolve()));
  });
}
