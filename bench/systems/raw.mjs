// The limit: frames over node:net. Nobody's rival; what the platform itself can do.
import net from 'node:net';
import { frameRoles } from './frames.mjs';

export const title = 'raw node:net';

export const roles = frameRoles({
  serve: (onSocket) =>
    new Promise((resolve) => {
      const server = net.createServer({ noDelay: true }, onSocket);
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    }),
  connect: (port) =>
    new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    }),
});
