/**
 * The log of `skein up`: one line per entry on stderr, for people or (pino) for programs.
 *
 * Made by `up`. Invariant: nothing below the chosen level is formatted, and a log line is one line,
 * whatever a peer put into it. Keys and bodies are never handed to a logger in the first place.
 */
import type { pino } from 'pino';
import type { Logger } from '../node/node.ts';
import { printable } from './kit/output.ts';
import { logLevels } from './up-settings.ts';

type LogThreshold = (typeof logLevels)[number];
type LogFormat = 'text' | 'json';

/** pino takes a moment to load: who reads text does not wait for it. */
export async function loggerFor(format: LogFormat, threshold: LogThreshold): Promise<Logger> {
  if (format === 'text') return stderrLogger(threshold);
  const { pino: make } = await import('pino');
  // Not pino's own stream: that one ends the process where the disk is full.
  const logger: pino.Logger = make({ level: threshold, base: null }, process.stderr);
  return logger;
}

export function stderrLogger(
  threshold: LogThreshold,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const at = (level: Exclude<LogThreshold, 'silent'>) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(threshold)) return () => {};
    return (fields: object, text: string) => write(`${formatEntry(level, text, fields)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function formatEntry(level: string, text: string, fields: object): string {
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value) ?? ''}`);
  return printable(`${new Date().toISOString()} ${level} ${text}${details.join('')}`);
}
