/**
 * Asks a node that says nothing whether it is there, for as long as something waits for its answer.
 *
 * Made by a client's session. Invariant: a node is judged only by what it could have said since something was asked, and
 * not while this process itself was held up.
 */
import { controlLimits } from '../limits.ts';

export interface SilencePorts {
  readonly ping: () => void;
  /** It has said nothing for too long. */
  readonly tooLong: () => void;
}

export class Silence {
  private readonly ports: SilencePorts;
  private heardAt = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(ports: SilencePorts) {
    this.ports = ports;
  }

  heard(): void {
    this.heardAt = performance.now();
  }

  /** Something waits for an answer from here on. */
  begin(): void {
    if (this.timer !== undefined) return;
    // What was heard before says nothing of what was asked now.
    this.heard();
    this.timer = setInterval(() => {
      // Where this process itself was held up, the answer lies in the socket by now: it is read before the judgment.
      setImmediate(() => this.judge());
    }, controlLimits.pingMs);
  }

  /** Nothing waits any more. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private judge(): void {
    const quietMs = performance.now() - this.heardAt;
    if (this.timer === undefined || quietMs < controlLimits.pingMs) return;
    if (quietMs < controlLimits.answerTimeoutMs) this.ports.ping();
    else this.ports.tooLong();
  }
}
