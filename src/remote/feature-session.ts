/**
 * A feature's session over the control socket: its operations, by its own names for them.
 *
 * Made by the attached node, one for each feature. Invariant: a feature reaches its own operations only.
 */
import type { AnyFeature } from '../kit/feature.ts';
import type { Session } from '../kit/session.ts';
import type { ControlClient } from './client.ts';
import type { RemoteEvents } from './remote-events.ts';
import { closedClient } from './session/client-problems.ts';

export interface SessionParts {
  readonly node: string;
  readonly client: ControlClient;
  readonly events: RemoteEvents;
  /** What this program's platform offers, by name. Commands use nothing of it. */
  readonly platform?: Readonly<Record<string, unknown>>;
}

/** @param prefix Before each name: none for skein's own features. */
export function featureSession(
  { node, client, events, platform = {} }: SessionParts,
  prefix: string,
): Session<Record<string, never>> {
  const checkOpen = (): void => {
    if (client.closed) throw closedClient();
  };
  const session = {
    node,
    checkOpen,
    /** Listeners that were added before a call hear what the call brings about. */
    async call(name: string, input: unknown, options = {}) {
      await events.opened;
      return client.callAny(prefix + name, input, options);
    },
    tell: (name: string, input: unknown, failed: (error: Error) => void) =>
      client.tellAny(prefix + name, input, failed),
    stream(name: string, input: unknown, options = {}) {
      checkOpen();
      return client.streamAny(prefix + name, input, options);
    },
    duplex(name: string, input: unknown, options = {}) {
      checkOpen();
      return client.duplexAny(prefix + name, input, options);
    },
    ready: async () => void (await events.opened),
    warn: events.warn,
    platformPart: (part: string) => platform[part],
  };
  return session as unknown as Session<Record<string, never>>;
}

/** Of a feature of the program's own. */
export function prefixOf({ name }: AnyFeature): string {
  return `${name}.`;
}
