/**
 * Receives 16 MB by sockets of each sort, through `readInto` and as plain 'data' events, and prints for each how many
 * bytes of new memory the reads took and in how many different pieces of memory they came.
 *
 * Run by canaries.test.ts.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, connect as tlsConnect } from 'node:tls';
import { makeCertificate } from '../../src/host/keys/certificate.ts';
import { readInto } from '../../src/host/transports/read-buffer.ts';
import { Growth, print } from './collections.ts';

const totalBytes = 16e6;
const block = new Uint8Array(64 * 1024);
const secureContext = createSecureContext({ ...(await makeCertificate()) });

type Read = (bytes: Uint8Array) => boolean;
type Reader = (socket: Socket, read: Read) => void;
const readers: Record<string, Reader> = {
  shared: readInto,
  plain: (socket, read) => void socket.on('data', read),
};

const figures: Record<string, object> = {};
for (const isSecure of [false, true])
  for (const end of ['accepted', 'dialed'] as const)
    for (const [name, reader] of Object.entries(readers))
      figures[`${isSecure ? 'TLS' : 'TCP'} ${end} ${name}`] = await receive(
        await pair(isSecure),
        end,
        reader,
      );
print(figures);
process.exit(0);

interface Pair {
  readonly accepted: Socket;
  readonly dialed: Socket;
}

async function receive(sockets: Pair, end: keyof Pair, reader: Reader): Promise<object> {
  const [socket, other] =
    end === 'accepted' ? [sockets.accepted, sockets.dialed] : [sockets.dialed, sockets.accepted];
  const memory = new Set<ArrayBufferLike>();
  const growth = new Growth(() => process.memoryUsage().arrayBuffers);
  let receivedBytes = 0;
  await new Promise<void>((resolve) => {
    reader(socket, (bytes) => {
      growth.look();
      memory.add(bytes.buffer);
      // Kept for the count alone: only so many, since what is kept is not freed.
      if (memory.size > 10) memory.delete(memory.values().next().value as ArrayBufferLike);
      receivedBytes += bytes.length;
      if (receivedBytes >= totalBytes) resolve();
      return true;
    });
    socket.resume();
    for (let sent = 0; sent < totalBytes; sent += block.length) other.write(block);
  });
  socket.destroy();
  other.destroy();
  return { allocatedBytes: growth.bytes, memories: memory.size };
}

/** As the transport makes them: TLS over a connected socket, at both ends. */
async function pair(isSecure: boolean): Promise<Pair> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const dialed = connect(port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  if (!isSecure) return { accepted, dialed };
  const secured = {
    accepted: new TLSSocket(accepted, { isServer: true, secureContext }),
    dialed: tlsConnect({ socket: dialed, rejectUnauthorized: false, minVersion: 'TLSv1.3' }),
  };
  await Promise.all([once(secured.accepted, 'secure'), once(secured.dialed, 'secureConnect')]);
  return secured;
}
