/**
 * Keeps an attached program at its node: when the session is lost another is begun, at the same node or at the next that
 * starts under its name, and what was subscribed to goes on there.
 *
 * Made by the control client where it is asked for. Invariant: a stream that went on neither repeats nor reorders what
 * it gave before; each loss is told once, as a `gap`, before anything that comes after it; calls under way are not
 * repeated, since nobody knows what became of them.
 */
import { SkeinError } from '../kernel/errors.ts';
import type { Gap } from '../node/node.ts';
import { controlLimits } from './limits.ts';
import type { ClientSession } from './session/client-session.ts';
import { ClientStream, detached, type StreamManner } from './session/client-stream.ts';
import type { LeftBehind, LeftStream, ResumableSession, Welcome } from './session/resumable.ts';

export interface ReconnectionPorts {
  /** @throws SkeinError where no such node runs. */
  readonly open: (resumable: ResumableSession) => ClientSession;
  /** Called before anything comes from the new session. */
  readonly back: (gap: Gap, welcome: Welcome) => void;
}

interface Away {
  readonly since: number;
  readonly sinceMs: number;
  readonly unanswered: number;
  readonly streams: LeftStream[];
  /** Asked for meanwhile. */
  readonly asked: Omit<LeftStream, 'id' | 'received'>[];
}

export class Reconnection {
  private readonly ports: ReconnectionPorts;
  private current: ClientSession | undefined;
  /** While the node is away. */
  private trying: ClientSession | undefined;
  private life: string | undefined;
  private token: string | undefined;
  private away: Away | undefined;
  private delayMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private waiters: (() => void)[] = [];

  constructor(ports: ReconnectionPorts) {
    this.ports = ports;
  }

  /** @throws SkeinError SKEIN_NOT_RUNNING while there is none. */
  get session(): ClientSession {
    if (this.away !== undefined)
      throw new SkeinError('SKEIN_NOT_RUNNING', 'the node is away at the moment: this client tries again');
    this.current ??= this.begin(undefined);
    return this.current;
  }

  get isAway(): boolean {
    return this.away !== undefined;
  }

  /** A stream that is asked for while the node is away begins when it is back. */
  streamLater(
    operation: string,
    input: unknown,
    { signal, room, lost }: StreamManner,
  ): ClientStream<unknown> {
    const stream = new ClientStream<unknown>(detached, room, lost);
    stream.closeWith(signal);
    this.away?.asked.push({ operation, input, stream });
    this.timer?.ref();
    return stream;
  }

  /** Resolves once there is a session, or this client is closed. */
  async there(): Promise<void> {
    if (this.away === undefined || this.isClosed) return;
    await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.current?.close();
    // It may wait for a node that stands still.
    this.trying?.close();
    const { streams = [], asked = [] } = this.away ?? {};
    for (const { stream } of [...streams, ...asked]) stream.end();
    this.wake();
  }

  private begin(resumes: string | undefined): ClientSession {
    const session = this.ports.open({ resumes, lost: (left) => this.lost(left) });
    session.welcome.then(
      (welcome) => this.begun(session, welcome),
      // It is lost besides.
      () => undefined,
    );
    return session;
  }

  /** The session of the moment, or one that was tried while the node is away. */
  private lost({ token, streams, unanswered }: LeftBehind): void {
    if (this.isClosed) return;
    // The first connection was never there: `attach` rejects.
    if (this.life === undefined) {
      for (const { stream } of streams) stream.end(new SkeinError('SKEIN_CLOSED', 'the node has ended'));
      return;
    }
    if (this.away === undefined) {
      this.token = token;
      this.away = {
        since: Date.now(),
        sinceMs: performance.now(),
        unanswered,
        streams: [...streams],
        asked: [],
      };
      this.current = undefined;
      this.delayMs = controlLimits.reconnectMs;
    }
    this.tryLater();
  }

  private tryLater(): void {
    const { delayMs } = this;
    this.delayMs = Math.min(2 * delayMs, controlLimits.reconnectMsMax);
    // All clients of a node lose it at once.
    this.timer = setTimeout(() => this.tryNow(), delayMs * (0.5 + Math.random() / 2));
    const { streams = [], asked = [] } = this.away ?? {};
    // A program that waits for nothing may end.
    if (streams.length + asked.length === 0 && this.waiters.length === 0) this.timer.unref();
  }

  private tryNow(): void {
    try {
      this.trying = this.begin(this.token);
    } catch {
      this.tryLater();
    }
  }

  private begun(session: ClientSession, welcome: Welcome): void {
    const { away, life } = this;
    this.life = welcome.life;
    if (away === undefined) return;
    this.current = session;
    this.away = undefined;
    this.ports.back(gapOf(away, welcome, welcome.life !== life), welcome);
    for (const { operation, input, stream } of [...away.streams, ...away.asked])
      if (!stream.isOver) session.adopt(operation, input, stream);
    this.wake();
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function gapOf({ since, sinceMs, unanswered, streams }: Away, { taken }: Welcome, restarted: boolean): Gap {
  const known = restarted || taken === undefined ? undefined : missedOf(streams, new Map(taken));
  const forMs = Math.round(performance.now() - sinceMs);
  return { since, forMs, restarted, unansweredCalls: unanswered, missed: known };
}

function missedOf(streams: readonly LeftStream[], taken: ReadonlyMap<number, number>): Gap['missed'] {
  const counts = new Map<string, number>();
  for (const { id, operation, received } of streams) {
    const count = (taken.get(id) ?? received) - received;
    if (count > 0) counts.set(operation, (counts.get(operation) ?? 0) + count);
  }
  return [...counts].map(([operation, count]) => ({ operation, count }));
}
