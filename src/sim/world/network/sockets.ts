/**
 * What a program and a connection are to each other and to the network: types alone.
 *
 * Who imports it: hosts, the network and streams, none of which has to import another for it. Invariant: it
 * imports nothing of the simulator, so that no two of its files need each other's types in a circle.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';

/** One end of a connection, as the program and the network see it. */
export interface SocketEnd {
  /** The machine that holds it; no two have one name. */
  readonly host: { readonly name: string };
  /** What that program calls it; undefined until accepted. */
  readonly link: LinkId | undefined;
}

/** A connection, as the network keeps it. */
export interface Connection {
  readonly dialer: SocketEnd;
  readonly listener: SocketEnd;
  /** Both programs hold it. */
  readonly isOpen: boolean;
  /** A rule is gone: what it held may go on. */
  pathsChanged(): void;
  /** Cut in the middle; `dialer` and `listener`: only that end is told. */
  cut(notice: 'both' | 'dialer' | 'listener'): void;
}

/** The process side of sockets, implemented by the platform. Calls for a stopped process wait or vanish. */
export interface Process {
  /** Ended, by itself or by a crash: its host answers for it from now on. */
  readonly isGone: boolean;
  /** Its event loop stands still: nothing is read, nothing more is written. */
  readonly isPaused: boolean;
  streamAccepted(end: SocketEnd, address: string): void;
  dialSucceeded(end: SocketEnd, link: LinkId): void;
  dialEnded(link: LinkId, failure: Failure): void;
  bytesArrived(end: SocketEnd, bytes: Uint8Array): void;
  bytesFlushed(end: SocketEnd, byteLength: number): void;
  streamClosed(end: SocketEnd, detail: string): void;
  datagramArrived(bytes: Uint8Array, from: string): void;
}
