/**
 * The connections of a control socket that have no session: requests by HTTP, and those that say nothing yet.
 *
 * Made by the control server. Invariant: there are never more than stated, and who asks nothing gives way to who comes
 * after, so that nobody is locked out by connections that are only held open.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { controlLimits } from './limits.ts';

export class Connections {
  /** In the order in which they came, with the requests that each has under way. */
  private readonly open = new Map<Socket, number>();
  private requests = 0;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.came(socket));
    server.on('request', ({ socket }, response) => {
      this.asked(socket, 1);
      response.once('close', () => this.asked(socket, -1));
    });
  }

  /** So many requests are under way that another one is told so. */
  get isFull(): boolean {
    return this.requests > controlLimits.requestsMax;
  }

  /** It is a session from here on, and counted as that. */
  left(socket: Socket): void {
    this.requests -= this.open.get(socket) ?? 0;
    this.open.delete(socket);
  }

  private came(socket: Socket): void {
    this.open.set(socket, 0);
    socket.once('close', () => this.left(socket));
    if (this.open.size <= controlLimits.connectionsMax) return;
    const idle = [...this.open].find(([, requests]) => requests === 0);
    (idle?.[0] ?? socket).destroy();
  }

  private asked(socket: Socket, change: number): void {
    const before = this.open.get(socket);
    if (before === undefined) return;
    this.requests += change;
    this.open.set(socket, before + change);
  }
}
