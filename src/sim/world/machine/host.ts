/**
 * A machine of the simulated network: an address, and at most one program that listens there.
 *
 * Who calls it: the network, streams and the mesh. Invariant: an address belongs to one host at
 * a time; programs come and go on it, at most one at a time.
 */
import type { RecordSigner } from '../../../kernel/contracts.ts';
import type { Process } from '../network/sockets.ts';
import { Disk } from './disk.ts';

export interface HostOptions {
  readonly name: string;
  /** Hosts hear each other's broadcasts when this is equal. Default 0. */
  readonly broadcastDomain?: number;
}

const port = 7077;
/** Of a bridge that several machines have, each one of its own: dialed from there it leads to that machine itself. */
export const bridgeAddress = `172.17.0.1:${port}`;
/** Third part of the addresses of machines that have moved. */
const movedPart = 128;
const ephemeralPortMin = 49_152;

export class Host {
  readonly number: number;
  readonly name: string;
  readonly broadcastDomain: number;
  /** It is in another network than it was made in, and has a bridge. */
  hasMoved = false;
  /** False: the machine is gone; packets to it get no answer, not even a refusal. */
  isUp = true;
  /** Hosts with the same number are programs of one machine, which a partition does not part. Undefined: alone. */
  machine: number | undefined;
  /** What its stores have kept. */
  disk = new Disk();
  /** What its program has kept for itself, on a disk that no other program uses. */
  ownDisk = new Disk();
  /** Durable keys of its nodes, by name: files that survive its programs. */
  readonly identities = new Map<string, RecordSigner>();
  /** The file that says which nodes are denied. */
  denials: string | undefined;
  /** Files of its nodes' own, by name. */
  readonly files = new Map<string, string>();
  /** The program that listens here. */
  process: Process | undefined;
  private nextEphemeralPort = ephemeralPortMin;

  constructor(network: { join(host: Host): void }, number: number, options: HostOptions) {
    this.number = number;
    this.name = options.name;
    this.broadcastDomain = options.broadcastDomain ?? 0;
    network.join(this);
  }

  /** `host:port`, for streams and datagrams alike. */
  get address(): string {
    return `${this.ip}:${port}`;
  }

  /** What its node says of itself, that of a bridge first. */
  get announced(): readonly string[] {
    return this.hasMoved ? [bridgeAddress, this.address] : [this.address];
  }

  private get ip(): string {
    const part = Math.floor(this.number / 250) + (this.hasMoved ? movedPart : 0);
    return `10.${this.broadcastDomain}.${part}.${(this.number % 250) + 1}`;
  }

  /** Where an outgoing connection comes from. */
  ephemeralAddress(): string {
    return `${this.ip}:${this.nextEphemeralPort++}`;
  }
}
