/**
 * How a command ends badly: wrong input is exit 2, anything else that failed is exit 1, each in one line.
 *
 * Used by every command. Invariant: a person never sees a stack, and never more than one line on stderr, in
 * which nothing steers the terminal.
 */
import { type ErrorCode, errorFacts } from '../../kernel/index.ts';
import { printable } from './output.ts';

/** The command line is wrong; the message says what is wrong and what is accepted. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command has said all there is to say and ends with this code. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(problem: unknown): number {
  if (problem instanceof ExitError) return problem.exitCode;
  if (problem instanceof UsageError || problem instanceof TypeError) return 2;
  return errorFacts[codeOf(problem) as ErrorCode]?.isWrongInput === true ? 2 : 1;
}

/** `skein: text (CODE)`, or undefined when the command has said it already. */
export function lineOf(problem: unknown): string | undefined {
  if (problem instanceof ExitError) return undefined;
  // The text may be another node's: a refusal is worded at the other end.
  const text = printable(oneLine(problem instanceof Error ? problem.message : String(problem)));
  const code = codeOf(problem);
  return code?.startsWith('SKEIN_') ? `skein: ${text} (${code})` : `skein: ${text}`;
}

export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

function codeOf(problem: unknown): string | undefined {
  const code = (problem as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
