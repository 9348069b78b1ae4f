/**
 * A machine of the simulated network, and what a stream or datagram needs of the program on it.
 *
 * Who calls it: the network, streams and the mesh. Invariant: an address belongs to one host for the
 * whole run; programs come and go on it, at most one at a time.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import type { Network } from '../network/network.ts';
import type { StreamEnd } from '../network/stream.ts';
import { Disk } from './disk.ts';

/** The process side of sockets, implemented by the platform. Calls for a stopped process wait or vanish. */
export interface Process {
  /** Ended, by itself or by a crash: its host answers for it from now on. */
  readonly isGone: boolean;
  /** Its event loop stands still: nothing is read, nothing more is written. */
  readonly isPaused: boolean;
  streamAccepted(end: StreamEnd, address: string): void;
  dialSucceeded(end: StreamEnd, link: LinkId): void;
  dialEnded(link: LinkId, failure: Failure): void;
  bytesArrived(end: StreamEnd, bytes: Uint8Array): void;
  bytesFlushed(end: StreamEnd, byteLength: number): void;
  streamClosed(end: StreamEnd, detail: string): void;
  datagramArrived(bytes: Uint8Array, from: string): void;
}

export interface HostOptions {
  readonly name: string;
  /** Hosts hear each other's broadcasts when this is equal. Default 0. */
  readonly broadcastDomain?: number;
}

const port = 7077;
const ephemeralPortMin = 49_152;

export class Host {
  readonly number: number;
  readonly name: string;
  readonly broadcastDomain: number;
  /** `host:port`, for streams and datagrams alike. */
  readonly address: string;
  /** False: the machine is gone; packets to it get no answer, not even a refusal. */
  isUp = true;
  /** What its stores have kept. */
  disk = new Disk();
  /** The program that listens here. */
  process: Process | undefined;
  private readonly ip: string;
  private nextEphemeralPort = ephemeralPortMin;

  constructor(network: Network, number: number, options: HostOptions) {
    this.number = number;
    this.name = options.name;
    this.broadcastDomain = options.broadcastDomain ?? 0;
    this.ip = `10.${this.broadcastDomain}.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    this.address = `${this.ip}:${port}`;
    network.join(this);
  }

  /** Where an outgoing connection comes from. */
  ephemeralAddress(): string {
    return `${this.ip}:${this.nextEphemeralPort++}`;
  }
}
