/**
 * A handler's thread: loads the program's module, and calls its default export once for each call.
 *
 * Started by `handler-thread.ts`. Invariant: each call is answered once, and what its handler says of it later goes nowhere.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SkeinError } from '../../kernel/errors.ts';
import { decodeBody, encodeBody } from '../../kit/codec.ts';
import { checkShare } from '../../kit/handler-threads.ts';
import { passedErrorOf } from '../../kit/passed-error.ts';
import type { FromHandlerThread, HandlerThreadData, ToHandlerThread } from './thread-messages.ts';

type Handler = (call: object) => unknown;

const { module } = workerData as HandlerThreadData;
const port = parentPort as NonNullable<typeof parentPort>;
let atWork: { readonly number: number; readonly controller: AbortController } | undefined;

function say(message: FromHandlerThread): void {
  port.postMessage(message);
}

async function begin(): Promise<void> {
  const handler = handlerOf(await import(module));
  port.on('message', (message: ToHandlerThread) => {
    if (message.type === 'begin') void answer(handler, message);
    else if (message.number === atWork?.number)
      atWork.controller.abort(new SkeinError('SKEIN_ABORTED', message.reason));
  });
  say({ type: 'loaded' });
}

/** @throws TypeError */
function handlerOf(exports: { readonly default?: unknown }): Handler {
  const given = exports.default as { readonly default?: unknown } | undefined;
  // A compiler that makes CommonJS has put its default export there.
  for (const found of [given, given?.default]) if (typeof found === 'function') return found as Handler;
  throw new TypeError('its default export has to be the handler, a function');
}

async function answer(
  handler: Handler,
  { number, facts, input }: Extract<ToHandlerThread, { type: 'begin' }>,
): Promise<void> {
  const controller = new AbortController();
  atWork = { number, controller };
  const progress = (share: unknown, note: unknown = ''): void => {
    checkShare(share);
    if (atWork?.number === number) say({ type: 'progress', number, share, note: String(note) });
  };
  let said: FromHandlerThread;
  try {
    const given = decodeBody(input.encoding, input.bytes);
    const output = await handler({ ...facts, input: given, signal: controller.signal, progress });
    said = { type: 'done', number, output: encodeBody(output) };
  } catch (error) {
    said = { type: 'failed', number, error: passedErrorOf(error) };
  }
  atWork = undefined;
  say(said);
}

begin().catch((error: unknown) => {
  say({ type: 'not-loaded', error: passedErrorOf(error) });
  port.close();
});
