/**
 * One buffer for what all sockets of the process read, in place of new memory for each read.
 *
 * Who calls it: the links of the TCP transport. Node.js has this for sockets that it connects itself
 * (`onread`), but neither for accepted ones nor for TLS over a socket; the same switch is set here by hand
 * where it is found, and where it is not, reads are 'data' events as usual. With it a receiver of 64 KiB
 * bodies over TLS needs half the processor (node:tls alone: 1.2 to 2.0 GB for each second of it): a TLS
 * record is 16 KiB, and each came as memory of its own that had to be collected.
 *
 * Invariant: bytes are handed on while they are read, in order, and are the reader's until it returns.
 */
import type { Socket } from 'node:net';

const bufferBytes = 64 * 1024;
/** Reads are never nested: the system is asked, and the bytes are handed on, in one go. */
let shared: Uint8Array | undefined;

interface Switches {
  readonly buffer: symbol;
  readonly called: symbol;
}

interface Handle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
  readonly readStart: () => void;
  reading: boolean;
}

/**
 * Every byte of the socket goes to `read`, also those that came before. Where it answers false the rest is not read
 * before the loop's next turn.
 */
export function readInto(socket: Socket, read: (bytes: Uint8Array) => boolean): void {
  socket.on('data', read);
  const switches = switchesOf(socket);
  const handle = (socket as unknown as { _handle?: Handle | null })._handle;
  if (switches === undefined || typeof handle?.useUserBuffer !== 'function') return;
  shared ??= new Uint8Array(bufferBytes);
  const buffer = shared;
  const goOn = (): void => {
    if (socket.destroyed || handle.reading) return;
    handle.reading = true;
    handle.readStart();
  };
  /** False is what stops it. */
  const letBe = (): boolean => {
    setImmediate(goOn);
    return false;
  };
  const fields = socket as unknown as Record<symbol, unknown>;
  fields[switches.called] = (count: number): boolean => {
    // What came before waits in the socket: these bytes are behind it.
    if (socket.readableLength > 0) socket.push(buffer.slice(0, count));
    else if (!read(buffer.subarray(0, count))) return letBe();
    return true;
  };
  fields[switches.buffer] = buffer;
  handle.useUserBuffer(buffer);
}

/** The fields by which Node.js's own sockets are told to use a buffer of the program. */
function switchesOf(socket: Socket): Switches | undefined {
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string) => symbols.find(({ description }) => description === name);
  const buffer = named('kBuffer');
  const called = named('kBufferCb');
  return buffer === undefined || called === undefined ? undefined : { buffer, called };
}
