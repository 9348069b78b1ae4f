/**
 * The event loop of a simulated program: what comes in, and when it is handled.
 *
 * Who calls it: the node's platform. Invariant: as in Node.js, after a stall the timer fires before what
 * waited is read, a drain comes after the event that asked for it, and poll phases are counted only once
 * nothing waits. A slow program takes its time over each event; what comes meanwhile waits in line, and
 * timers and the line take turns, so that neither starves.
 */

import type { SeededRandom } from '../random.ts';
import type { ScheduledEvent } from '../scheduled-event.ts';
import type { World } from '../world.ts';
import type { WakeTimer } from './wake-timer.ts';

/** An idle event loop turns about this often once it is asked to. */
const pollPhaseMs = 0.05;
/** A program that is this far behind counts as hindered: its neighbors may rightly lose patience. */
const behindMsMax = 2600;

export interface EventLoopPorts {
  readonly world: World;
  readonly random: SeededRandom;
  readonly timer: WakeTimer;
  wake(): void;
  drain(): void;
  polled(): void;
  /** All that waited has been handled. */
  caughtUp(): void;
}

interface Waiting {
  readonly since: number;
  readonly run: () => void;
}

export class EventLoop {
  state: 'running' | 'paused' | 'resuming' | 'gone' = 'running';
  private readonly ports: EventLoopPorts;
  private readonly world: World;
  private inbox: Waiting[] = [];
  /** What one event costs a slow program; 0: nothing. */
  private costMs = 0;
  private isBusy = false;
  private timersTurn = true;
  private pausedAt = 0;
  private behindUntil = Number.NEGATIVE_INFINITY;
  private slowUntil = Number.NEGATIVE_INFINITY;
  private drainScheduled = false;
  private drainMissed = false;
  private pollsLeft = 0;
  private pollEvent: ScheduledEvent | undefined;

  constructor(ports: EventLoopPorts) {
    this.ports = ports;
    this.world = ports.world;
  }

  /** Events that wait to be handled. */
  get waitingCount(): number {
    return this.inbox.length;
  }

  /** Its events cost time. */
  get isSlow(): boolean {
    return this.costMs > 0 || this.inbox.length > 0;
  }

  /** The last moment at which it was: a loop that is never at rest has no idle poll phase, and hears of nothing by silence. */
  get lastSlowAt(): number {
    return this.isSlow ? this.world.now : this.slowUntil;
  }

  /** The last moment at which this loop was too far behind for its neighbors' patience. */
  get lastBehindAt(): number {
    const since = this.state === 'paused' ? this.pausedAt : this.inbox[0]?.since;
    const isBehind = since !== undefined && this.world.now - since > behindMsMax;
    return isBehind ? this.world.now : this.behindUntil;
  }

  // ── what a fault does to it ───────────────────────────────────────────────────────────────────────

  pause(): void {
    if (this.state !== 'running' && this.state !== 'resuming') return;
    this.pausedAt = this.world.now;
    this.state = 'paused';
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.caughtUpFrom(this.pausedAt);
    this.state = 'resuming';
    this.ports.timer.fireIfMissed();
    // A real loop drains after the poll phase; doing it before, now and then, finds more.
    if (this.ports.random.chance(0.5)) this.readInbox();
    else this.world.after(0, () => this.readInbox());
  }

  /** Each event takes so long from now on. */
  setCost(costMs: number): void {
    if (this.costMs > 0) this.slowUntil = this.world.now;
    this.costMs = costMs;
  }

  stop(): void {
    this.state = 'gone';
    this.inbox = [];
  }

  // ── what comes in ─────────────────────────────────────────────────────────────────────────────────

  report(event: () => void): void {
    if (this.state === 'gone') return;
    if (this.state !== 'running' || this.isBusy || this.inbox.length > 0)
      this.inbox.push({ since: this.world.now, run: event });
    else this.enter(event);
  }

  wake(): void {
    if (this.state === 'gone') return;
    if (this.state === 'paused' || this.isBusy) this.ports.timer.missed();
    else this.enter(() => this.ports.wake());
  }

  drainLater(): void {
    if (this.drainScheduled || this.state === 'gone') return;
    this.drainScheduled = true;
    this.world.after(0, () => this.drain());
  }

  poll(phases: number): void {
    this.pollsLeft = Math.max(this.pollsLeft, phases);
    this.schedulePoll();
  }

  // ── turning ───────────────────────────────────────────────────────────────────────────────────────

  private enter(event: () => void): void {
    this.world.touchProgram();
    event();
    if (this.costMs === 0 || this.state === 'gone') return;
    this.isBusy = true;
    this.world.after(this.costMs, () => this.done());
  }

  private done(): void {
    this.isBusy = false;
    if (this.state === 'running') this.next();
  }

  /** What waited while the program was busy, as long as it costs nothing or until the first that does. */
  private next(): void {
    while (this.state === 'running' && !this.isBusy) {
      if (this.drainMissed) this.drain();
      this.timersTurn = !this.timersTurn;
      if (!this.timersTurn && this.ports.timer.hasMissed) {
        this.ports.timer.fireIfMissed();
        continue;
      }
      const waiting = this.inbox.shift();
      if (waiting !== undefined) {
        this.caughtUpFrom(waiting.since);
        this.enter(waiting.run);
      } else if (!this.ports.timer.hasMissed) return this.atRest();
    }
  }

  private readInbox(): void {
    if (this.state !== 'resuming') return;
    this.state = 'running';
    if (this.costMs > 0 || this.isBusy) return this.next();
    const waiting = this.inbox;
    this.inbox = [];
    for (const { run } of waiting) if (!this.isGone) this.enter(run);
    this.atRest();
  }

  private atRest(): void {
    this.ports.caughtUp();
    if (this.drainMissed) this.drain();
    this.schedulePoll();
  }

  private drain(): void {
    this.drainScheduled = false;
    this.drainMissed = this.state === 'paused' || this.isBusy;
    if (this.isGone || this.drainMissed) return;
    this.world.touchProgram();
    this.ports.drain();
  }

  private schedulePoll(): void {
    if (this.pollsLeft === 0 || this.pollEvent !== undefined) return;
    this.pollEvent = this.world.after(pollPhaseMs, () => this.pollPhase());
  }

  private pollPhase(): void {
    this.pollEvent = undefined;
    // Paused or busy: the count goes on once what waits has been handled, a poll phase itself.
    const isHeldUp = this.state !== 'running' || this.isBusy || this.inbox.length > 0;
    if (isHeldUp || this.pollsLeft === 0) return;
    this.pollsLeft--;
    if (this.pollsLeft === 0) this.enter(() => this.ports.polled());
    else this.schedulePoll();
  }

  private caughtUpFrom(since: number): void {
    if (this.world.now - since > behindMsMax) this.behindUntil = this.world.now;
  }

  /** A getter, since handling an event may end the program. */
  private get isGone(): boolean {
    return this.state === 'gone';
  }
}
