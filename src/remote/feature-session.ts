/**
 * A feature's session over the control socket: its operations, by its own names for them.
 *
 * Made by the attached node, one for each feature. Invariant: a feature reaches its own operations only.
 */
import { SkeinError } from '../kernel/errors.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { Session } from '../kit/session.ts';
import type { ControlClient } from './client.ts';
import type { RemoteEvents } from './remote-events.ts';

export interface SessionParts {
  readonly node: string;
  readonly client: ControlClient;
  readonly events: RemoteEvents;
}

/** @param prefix Before each name: none for skein's own features. */
export function featureSession(
  { node, client, events }: SessionParts,
  prefix: string,
): Session<Record<string, never>> {
  const session = {
    node,
    get isClosed() {
      return client.closed;
    },
    /** Listeners that were added before a call hear what the call brings about. */
    async call(name: string, input: unknown, options = {}) {
      await events.opened;
      return client.callAny(prefix + name, input, options);
    },
    tell: (name: string, input: unknown, failed: (error: Error) => void) =>
      client.tellAny(prefix + name, input, failed),
    stream(name: string, input: unknown, options = {}) {
      checkOpen(client);
      return client.streamAny(prefix + name, input, options);
    },
    duplex(name: string, input: unknown, options = {}) {
      checkOpen(client);
      return client.duplexAny(prefix + name, input, options);
    },
    ready: async () => void (await events.opened),
    warn: events.warn,
  };
  return session as unknown as Session<Record<string, never>>;
}

/** What gives a stream says at once that there is none, as on a node in this process. */
function checkOpen(client: ControlClient): void {
  if (client.closed) throw new SkeinError('SKEIN_CLOSED', 'this client is closed');
}

/** Of a feature of the program's own. */
export function prefixOf({ name }: AnyFeature): string {
  return `${name}.`;
}
