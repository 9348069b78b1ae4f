/**
 * The log of `skein up`: one line per entry on stderr.
 *
 * Made by `up`. Invariant: nothing below the chosen level is formatted, and a log line is one line,
 * whatever a peer put into it.
 */
import type { Logger } from '../api/node.ts';
import type { LogThreshold } from '../operations/up-settings.ts';
import { printable } from './output.ts';

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const satisfies readonly LogThreshold[];

export function stderrLogger(
  threshold: LogThreshold,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const at = (level: Exclude<LogThreshold, 'silent'>) => {
    if (levels.indexOf(level) < levels.indexOf(threshold)) return () => {};
    return (fields: object, text: string) => write(`${formatEntry(level, text, fields)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function formatEntry(level: string, text: string, fields: object): string {
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value) ?? ''}`);
  return printable(`${new Date().toISOString()} ${level} ${text}${details.join('')}`);
}
