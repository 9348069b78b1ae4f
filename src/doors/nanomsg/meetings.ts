/**
 * Where a node meets the nanomsg program that the broker has named: at its own port, or at the program's address.
 *
 * Who calls it: the driver, once a Link has come. Such programs do not say who they are: whoever comes with a PAIR
 * while one is expected is taken for the one. Invariant: one is expected at a time, for a bounded time; nobody else
 * is let in, and nobody from another machine unless the door was opened to them.
 */
import type { Socket } from 'node:net';
import { isLoopback } from '../../host/addresses.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { nanomsgLimits } from './limits.ts';
import { parseSpAddress } from './sp-address.ts';
import { SpChannel, type SpPipe } from './sp-channel.ts';
import { SpConnection } from './sp-connection.ts';
import { SpProtocol } from './sp-stream.ts';
import { Transceiver } from './transceiver.ts';

interface Expected {
  readonly node: string;
  readonly came: (channel: SpChannel) => void;
}

export class Meetings {
  /** Who came unasked, or from another machine. */
  refused = 0;
  /** Meetings to which nobody came. */
  missed = 0;
  private readonly isOpenToAll: boolean;
  private expected: Expected | undefined;
  private readonly open = new Set<SpPipe>();

  constructor(isOpenToAll: boolean) {
    this.isOpenToAll = isOpenToAll;
  }

  /**
   * Waits for it at this node's own port.
   * @param signal Nobody waits for it any more.
   * @throws SkeinError SKEIN_BUSY while another one is expected, SKEIN_TIMEOUT, SKEIN_ABORTED.
   */
  expect(node: string, signal?: AbortSignal): Promise<SpChannel> {
    const { expected } = this;
    if (expected !== undefined) {
      const text = `${expected.node} is expected at the same place, and nanomsg programs do not say who they are: try again`;
      return Promise.reject(new SkeinError('SKEIN_BUSY', text));
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.expected = undefined;
      };
      const fail = (error: SkeinError): void => {
        end();
        reject(error);
      };
      const abort = (): void => fail(new SkeinError('SKEIN_ABORTED', 'given up by the caller'));
      const timer = setTimeout(() => fail(this.nobody(node, "this node's port")), nanomsgLimits.meetingMs);
      signal?.addEventListener('abort', abort);
      const came = (channel: SpChannel): void => {
        end();
        resolve(channel);
      };
      this.expected = { node, came };
    });
  }

  /** A stream that speaks nanomsg has come to this node's port. False: it is not let in. */
  take(socket: Socket, head: Uint8Array): boolean {
    const { expected } = this;
    const isLetIn = this.isOpenToAll || isLoopback(socket.remoteAddress ?? '');
    if (expected === undefined || !isLetIn) {
      this.refused++;
      return false;
    }
    let channel: SpChannel | undefined;
    new SpConnection(socket, SpProtocol.pair, 'tcp', {
      greeted: (connection) => {
        // The first that greets is the one.
        if (this.expected !== expected) return connection.end('another one has come');
        channel = new SpChannel(expected.node);
        channel.met(connection);
        this.open.add(connection);
        expected.came(channel);
      },
      message: (_connection, body) => channel?.heard(body),
      ended: (connection, { reason }) => {
        this.open.delete(connection);
        if (channel === undefined) this.refused++;
        else channel.left(reason);
      },
    });
    socket.unshift(head);
    return true;
  }

  /**
   * Goes to its address, which either end may bind. What is written meanwhile leaves when they have met; if they do
   * not in time, the channel ends with SKEIN_TIMEOUT.
   * @param met Told when they have.
   * @throws SkeinError SKEIN_ADDRESS, SKEIN_PROTECTED for another machine's.
   */
  visit(node: string, address: string, met: () => void = () => undefined): SpChannel {
    const place = parseSpAddress(address, `the address of ${node}`);
    if (place.transport === 'tcp' && !this.isOpenToAll && !isLoopback(place.host)) {
      const text = `${node} is to be met at ${address}, which is not on this machine alone, and nanomsg has no keys; with --door-insecure this node goes there`;
      throw new SkeinError('SKEIN_PROTECTED', text);
    }
    const channel = new SpChannel(node);
    const transceiver = new Transceiver(
      { address: place, protocol: SpProtocol.pair },
      {
        joined: () => {
          clearTimeout(timer);
          channel.met(pipe);
          met();
        },
        message: (body) => channel.heard(body),
        left: (_peer, reason) => {
          channel.left(reason);
          pipe.close();
        },
        lost: () => undefined,
      },
    );
    const pipe: SpPipe = {
      send: (body) => transceiver.send(body) > 0,
      drained: () => transceiver.drained(),
      pause: (isPaused) => transceiver.pause(isPaused),
      close: () => {
        clearTimeout(timer);
        this.open.delete(pipe);
        void transceiver.close();
      },
    };
    this.open.add(pipe);
    const fail = (error: Error): void => {
      pipe.close();
      channel.destroy(error);
    };
    const timer = setTimeout(() => fail(this.nobody(node, address)), nanomsgLimits.meetingMs);
    channel.once('close', () => pipe.close());
    transceiver.open().catch(fail);
    return channel;
  }

  close(): void {
    for (const pipe of [...this.open]) pipe.close();
  }

  private nobody(node: string, where: string): SkeinError {
    this.missed++;
    const seconds = nanomsgLimits.meetingMs / 1000;
    return new SkeinError('SKEIN_TIMEOUT', `${node} did not come to ${where} within ${seconds} s`);
  }
}
