/**
 * A door: what this machine's platform gains for programs that do not speak skein.
 *
 * `doors/index.ts` lists them. Each is opened by settings of the node and serves the features that act on it
 * (`agent.door`) or know its part. Invariant: a door that is not asked for costs nothing.
 */
import type { Socket } from 'node:net';
import type { DoorAction, DoorEvent } from '../kernel/contracts.ts';
import type { CheckedSettings } from '../node/settings.ts';
import type { HostPort } from './addresses.ts';
import type { Listener, StreamHandler } from './transports/listener.ts';

export type DoorSettings = CheckedSettings;

export interface Door<Plan> {
  /**
   * Looks at the settings that open it before anything is opened. Undefined: they were not given.
   * @param isOpen Other addresses than loopback are allowed.
   * @throws SkeinError SKEIN_ADDRESS, SKEIN_PROTECTED; SKEIN_INVALID for settings that make no sense together.
   */
  plan(settings: DoorSettings, isOpen: boolean): Plan | undefined;
  /** What the node's features are given for it. @param bound What the node listens on. */
  settings(plan: Plan, bound: HostPort, announced: readonly string[]): object;
  open(plan: Plan, parts: DoorParts): OpenDoor;
}

/** A door of whatever plan. */
// biome-ignore lint/suspicious/noExplicitAny: a list of doors has no single plan; each was checked where it was written
export type AnyDoor = Door<any>;

export interface PlannedDoor {
  readonly door: AnyDoor;
  readonly plan: unknown;
}

/** What a door may use of the platform that it is a part of. */
export interface DoorParts {
  readonly report: (feature: string, event: DoorEvent) => void;
  readonly counters: Listener['counters'];
  /** A stream of skein's own that came to the door. */
  readonly accept: StreamHandler;
  readonly speaks: 'skein' | 'tls';
  readonly loopbackOnly: boolean;
}

export interface OpenDoor {
  /** What features may use by name (`NodePorts.platformPart`). */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Takes a stream of nanomsg's protocols that comes to the node's own port. False: it is turned away. */
  readonly nanomsg?: (socket: Socket, head: Uint8Array) => boolean;
  act(feature: string, action: DoorAction): void;
  counters(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}
