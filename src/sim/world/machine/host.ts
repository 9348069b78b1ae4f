/**
 * A machine of the simulated network: an address, and at most one program that listens there.
 *
 * Who calls it: the network, streams and the mesh. Invariant: an address belongs to one host for the
 * whole run; programs come and go on it, at most one at a time.
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
const ephemeralPortMin = 49_152;

export class Host {
  readonly number: number;
  readonly name: string;
  readonly broadcastDomain: number;
  /** `host:port`, for streams and datagrams alike. */
  readonly address: string;
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
  private readonly ip: string;
  private nextEphemeralPort = ephemeralPortMin;

  constructor(network: { join(host: Host): void }, number: number, options: HostOptions) {
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
