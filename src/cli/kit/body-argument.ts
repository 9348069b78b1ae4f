/**
 * A body as a person gives it: text, JSON, or the bytes of standard input.
 *
 * Used by the commands that send one. Invariant: bytes of standard input stay bytes; with `--json-body` they are
 * read as JSON like an argument.
 */
import { checkBodySize } from '../../remote/body-size.ts';
import { UsageError } from './exit.ts';

/** @param isJson The argument, or standard input, is JSON. */
export async function bodyArgument(argument: string, isJson: boolean): Promise<unknown> {
  const bytes = argument === '-' ? await readStandardInput() : undefined;
  if (!isJson) return bytes === undefined ? argument : { $bytes: bytes.toString('base64') };
  try {
    return JSON.parse(bytes?.toString('utf8') ?? argument) as unknown;
  } catch (problem) {
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
