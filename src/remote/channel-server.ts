/**
 * The node's half of a channel that a program in another process uses: `GET /v1/pair` and `GET /v1/accept`, each with
 * `Upgrade: skein-channel`; from its answer on the connection is the channel (channel-frames.ts).
 *
 * Called by the control server for each such request. Invariant: neither side reads on while the other does not take;
 * a client that goes away without an end gives the channel up; a refusal is an answer as any other on this socket.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Channel, PairOptions } from '../features/channels/api/channel.ts';
import { acceptInput, pairInput, takePairRequest } from '../features/channels/remote/pairs.ts';
import { SkeinError } from '../kernel/errors.ts';
import { checkInput } from '../kit/operation.ts';
import type { SkeinNode } from '../node/node.ts';
import { ControlFrame, ControlFrames, frameHead, jsonFrame } from './channel-frames.ts';
import { asSkeinError, errorToJson, statusOf } from './errors.ts';
import { controlLimits } from './limits.ts';

const channelUpgrade = 'skein-channel';

/** Answers the request, and stays for as long as the channel lasts. */
export async function serveChannel(node: SkeinNode, request: IncomingMessage, socket: Duplex): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  socket.once('close', leave);
  socket.on('error', () => {});
  try {
    const channel = await channelFor(node, request, gone.signal);
    socket.off('close', leave);
    join(channel, socket);
  } catch (problem) {
    refuse(socket, asSkeinError(problem));
  }
}

async function channelFor(node: SkeinNode, request: IncomingMessage, signal: AbortSignal): Promise<Channel> {
  const url = new URL(request.url ?? '/', 'http://control');
  if ((request.headers.upgrade ?? '').toLowerCase() !== channelUpgrade)
    throw new SkeinError('SKEIN_CONTROL', `an upgrade is to ${channelUpgrade} here`);
  const given = Object.fromEntries(
    [...url.searchParams].map(([name, text]) => [name, isNumeric(name) ? Number(text) : text]),
  );
  if (url.pathname === '/v1/pair') {
    const { node: to, ...options } = checkInput(pairInput, given);
    return node.pair(to, { ...(options as PairOptions), signal });
  }
  if (url.pathname !== '/v1/accept')
    throw new SkeinError('SKEIN_CONTROL', 'channels are at /v1/pair and /v1/accept', {
      details: { status: 404 },
    });
  const { ticket, ...options } = checkInput(acceptInput, given);
  return takePairRequest(node, ticket).accept(options as PairOptions);
}

function isNumeric(name: string): boolean {
  return name === 'ticket' || name === 'windowBytes' || name === 'timeoutMs';
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

function join(channel: Channel, socket: Duplex): void {
  // It may have ended while it was accepted.
  if (socket.destroyed) return void channel.destroy();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${channelUpgrade}\r\n\r\n`,
  );
  toClient(channel, socket);
  fromClient(channel, socket);
  const telling = setInterval(() => tellState(channel, socket), controlLimits.channelStateMs);
  tellState(channel, socket);
  channel.once('close', () => clearInterval(telling));
  socket.once('close', () => channel.destroy());
}

function tellState({ path, counters }: Channel, socket: Duplex): void {
  if (!socket.writableNeedDrain && socket.writable)
    socket.write(jsonFrame(ControlFrame.state, { path, counters }));
}

function toClient(channel: Channel, socket: Duplex): void {
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

function fromClient(channel: Channel, socket: Duplex): void {
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
