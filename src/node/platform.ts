/**
 * The port between a node and the world it runs in: time, randomness, sockets, datagrams.
 *
 * `host/` implements it with Node.js, `sim/` with a deterministic world; the runtime (runtime.ts) sits
 * between it and the kernel and is the same in both. Invariant: a platform only carries out what it is
 * told and reports what happened; it decides nothing.
 */

import type {
  AnyBehavior,
  DoorAction,
  DoorEvent,
  Finding,
  LinkId,
  LogLevel,
  Random,
  RecordSigner,
  SecureStage,
  Sighting,
  Store,
  Uptime,
} from '../kernel/contracts.ts';
import type { Failure } from '../kernel/errors.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { HostWarning, SecurityStatus } from './node.ts';
import type { FeatureSettings } from './skein-kernel.ts';

/** What the platform reports. Each call is one event; none throws. */
export interface PlatformEvents {
  /** The time asked for with `wakeAt` has come (or passed). */
  wake(): void;
  /** The turn of the loop asked for with `drainLater` is over. */
  drain(): void;
  /** A socket came in. The returned number is its link from now on. */
  accepted(address: string, secure?: SecureStage): LinkId;
  /** A dial has a connected socket. */
  dialed(link: LinkId, address: string, secure?: SecureStage): void;
  dialFailed(link: LinkId, failure: Failure): void;
  /** Bytes came in. The node copies what it keeps of them. */
  received(link: LinkId, bytes: Uint8Array): void;
  /** This many of the written bytes have left the process. */
  flushed(link: LinkId, byteLength: number): void;
  /** The socket is closed by the other end or by an error; not reported after `Platform.close`. */
  closed(link: LinkId, detail?: string): void;
  datagram(bytes: Uint8Array, from: string): void;
  /** The poll phases asked for with `poll` have passed. */
  polled(): void;
  sighted(sighting: Sighting): void;
  /** Interfaces came or went: what is announced now, and where broadcasts go, `host:port`. */
  readdressed(addresses: readonly string[], broadcastTargets: readonly string[]): void;
  /** @param feature That acts on the door. */
  door(feature: string, event: DoorEvent): void;
}

export interface Platform {
  readonly random: Random;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds so far in which this program could have gone on, and the system ran others. Undefined: unknown. */
  heldUpMs?(): number | undefined;
  /** Unix time in milliseconds; may jump. */
  wallNow(): number;
  /** How long the machine has run. Undefined: unknown. */
  uptime?(): Uptime | undefined;
  /** Have `events.wake()` called at this time of `now()`. Replaces the earlier wish; Infinity takes it back. */
  wakeAt(at: number): void;
  /** Calls back once after so many milliseconds of `now()`; the returned function takes it back. For waits of the program. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Have `events.drain()` called once the current turn of the loop is over. */
  drainLater(): void;
  /** @param avoid Of the IP addresses behind a name: those that are left out, `host:port` as `dialed` reported them. */
  dial(link: LinkId, address: string, timeoutMs: number, avoid: readonly string[]): void;
  write(link: LinkId, chunks: readonly Uint8Array[], byteLength: number): void;
  /** Close once all written bytes have left. */
  close(link: LinkId): void;
  broadcast(bytes: Uint8Array): void;
  sendDatagram(address: string, bytes: Uint8Array): void;
  poll(phases: number): void;
  /** What becomes of it is reported as `door` with the same feature. Undefined: a world without doors. */
  door?(feature: string, action: DoorAction): void;
  /** Memory whose bytes may be anything: they are all written before anybody sees them. Default: cleared. */
  allocate?(byteLength: number): Uint8Array;
  readonly store: Store | undefined;
  /** What the node keeps for itself. Undefined: nothing. */
  readonly ownStore?: Store | undefined;
  /** What it offers to features that know it, by name: see their `api` folders. */
  readonly parts?: Readonly<Record<string, unknown>>;
  /** Its program uses streams from now on, which go on by ticks and not by promises alone. Default: nothing to do. */
  usesStreams?(): void;
  /** Who is let in. Undefined: a world of its own, without strangers. */
  security?(): SecurityStatus;
  /** Why this node may reach nobody, or nobody it, whoever they are: told by `explain`. */
  reachFindings?(addresses: readonly string[], broadcastTargets: readonly string[]): Finding[];
  /** A signer for one life of the node. Undefined: nothing is signed. */
  makeSigner?(): RecordSigner;
  log(level: LogLevel, text: string, fields: Record<string, unknown>): void;
  /** What the platform itself turned away or dropped, by name, for `status`. */
  counters?(): Readonly<Record<string, number>>;
  /** What endangers the stores, for `status`. */
  warnings?(): readonly HostWarning[];
  /** The node has ended: give everything back. */
  release(): Promise<void>;
}

/** What a node needs to know at its start, every default filled in. */
export type LocalNodeSettings = FeatureSettings & {
  readonly name: string;
  /** A chosen name that is in use ends the node; a default one gets a suffix. */
  readonly nameChosen: boolean;
  readonly namespace: string;
  /** Addresses told to others, `host:port`. */
  readonly addresses: readonly string[];
  readonly stallToleranceMs: number;
  readonly version: string;
  readonly pid: number | undefined;
  /** Features of the program's own. */
  readonly features?: readonly AnyFeature[];
  /** Makes bare behaviors of the program's own. */
  readonly behaviors?: () => readonly AnyBehavior[];
};
