/**
 * The node's end of a duplex operation: `GET /v1/NAME` with `Upgrade: skein-channel`, the input as query parameters;
 * from its answer on the connection is the stream (duplex-frames.ts).
 *
 * Called by the control server for each such request. Invariant: neither side reads on while the other does not
 * take; a client that goes away without an end destroys the stream; a refusal is an answer as any other on this socket.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SkeinError } from '../kernel/errors.ts';
import type { DuplexAnswer } from '../kit/operation.ts';
import { checkInput, describeInput } from '../kit/operation-input.ts';
import { ControlFrame, ControlFrames, frameHead, jsonFrame } from './duplex-frames.ts';
import { asSkeinError, errorToJson, statusOf } from './errors.ts';
import { controlLimits } from './limits.ts';
import type { OperationTable } from './operations.ts';

const duplexUpgrade = 'skein-channel';

/** Answers the request, and stays for as long as the channel lasts. */
export async function serveDuplex(
  table: OperationTable,
  request: IncomingMessage,
  socket: Duplex,
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  socket.once('close', leave);
  socket.on('error', () => {});
  try {
    const answer = await duplexFor(table, request, gone.signal);
    socket.off('close', leave);
    join(answer, socket);
  } catch (problem) {
    refuse(socket, asSkeinError(problem));
  }
}

async function duplexFor(
  table: OperationTable,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<DuplexAnswer> {
  const url = new URL(request.url ?? '/', 'http://control');
  if ((request.headers.upgrade ?? '').toLowerCase() !== duplexUpgrade)
    throw new SkeinError('SKEIN_CONTROL', `an upgrade is to ${duplexUpgrade} here`);
  const served = table.get(url.pathname.replace(/^\/v1\//, ''));
  if (served?.operation.kind !== 'duplex') throw notADuplex(table, url.pathname);
  const { operation, api } = served;
  const numbers = describeInput(operation.input);
  const given = Object.fromEntries(
    [...url.searchParams].map(([name, text]) => [
      name,
      numbers[name]?.type === 'number' ? Number(text) : text,
    ]),
  );
  return operation.run(api, checkInput(operation.input, given), signal);
}

function notADuplex(table: OperationTable, path: string): SkeinError {
  const known = [...table].filter(([, { operation }]) => operation.kind === 'duplex').map(([name]) => name);
  const text = `no stream of bytes at ${path.slice(0, 80)}: GET /v1/NAME, where NAME is one of ${known.join(', ')}`;
  return new SkeinError('SKEIN_CONTROL', text, { details: { status: 404 } });
}

function refuse(socket: Duplex, error: SkeinError): void {
  const body = `${JSON.stringify({ error: errorToJson(error) })}\n`;
  const head = [
    `HTTP/1.1 ${statusOf(error)} No`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`);
}

function join({ stream, state }: DuplexAnswer, socket: Duplex): void {
  // It may have ended while it was accepted.
  if (socket.destroyed) return void stream.destroy();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${duplexUpgrade}\r\n\r\n`,
  );
  toClient(stream, socket);
  fromClient(stream, socket);
  const telling = setInterval(() => tellState(state(), socket), controlLimits.channelStateMs);
  tellState(state(), socket);
  stream.once('close', () => clearInterval(telling));
  socket.once('close', () => stream.destroy());
}

function tellState(state: unknown, socket: Duplex): void {
  if (!socket.writableNeedDrain && socket.writable) socket.write(jsonFrame(ControlFrame.state, state));
}

function toClient(channel: Duplex, socket: Duplex): void {
  channel.on('data', (bytes: Buffer) => {
    socket.write(frameHead(ControlFrame.data, bytes.length));
    if (socket.write(bytes)) return;
    channel.pause();
    socket.once('drain', () => channel.resume());
  });
  channel.once('end', () => socket.write(frameHead(ControlFrame.end, 0)));
  channel.once('finish', () => socket.write(frameHead(ControlFrame.finished, 0)));
  let problem: Error | undefined;
  channel.once('error', (error) => {
    problem = error;
  });
  channel.once('close', () => {
    if (problem === undefined) socket.end();
    else socket.end(jsonFrame(ControlFrame.error, errorToJson(asSkeinError(problem))));
  });
}

function fromClient(channel: Duplex, socket: Duplex): void {
  const frames = new ControlFrames({
    data: (bytes) => {
      if (channel.destroyed || channel.write(bytes)) return;
      socket.pause();
      channel.once('drain', () => socket.resume());
    },
    said: (type) => {
      if (type === ControlFrame.end) channel.end();
      else if (type === ControlFrame.error) channel.destroy();
    },
  });
  // One that is over takes nothing more, and the socket must be read to its end.
  channel.once('close', () => socket.resume());
  socket.on('data', (chunk: Buffer) => {
    if (!frames.push(chunk)) socket.destroy();
  });
}
