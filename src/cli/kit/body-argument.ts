/**
 * A body as a person gives it: text, JSON, or the bytes of standard input.
 *
 * Used by the commands that send one. Invariant: bytes of standard input stay bytes; with `--json-body` they are
 * read as JSON like an argument.
 */
import { bodyFromJson } from '../../kit/body.ts';
import { checkBodySize } from '../../remote/body-size.ts';
import { UsageError } from './exit.ts';

/** @param isJson The argument, or standard input, is JSON. */
export async function bodyArgument(argument: string, isJson: boolean): Promise<unknown> {
  const bytes = argument === '-' ? await readStandardInput() : undefined;
  if (!isJson) return bytes === undefined ? argument : bytes;
  try {
    return bodyFromJson(JSON.parse(bytes?.toString('utf8') ?? argument));
  } catch (problem) {
    // A tag that does not hold what it says.
    if ((problem as { code?: unknown }).code === 'SKEIN_INVALID') throw problem;
    throw new UsageError(
      `the body is not JSON (${(problem as Error).message}): leave out --json-body to send text`,
    );
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    byteLength += chunk.length;
    checkBodySize(byteLength, 'standard input');
  }
  return Buffer.concat(chunks);
}
