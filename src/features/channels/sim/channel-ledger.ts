/**
 * Every channel of a run: what each end was to write, what the other has read, and how it ended.
 *
 * Who calls it: the channel workload. It stands outside the nodes and judges at once: no byte lost, doubled or out of
 * order; an end only after all; no loss between two programs that nothing hindered; a clear end for whoever's other
 * end is gone. Invariant: it only records and complains.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { type StandingLinks, standsSinceMs } from '../../../sim/world/checkers/standing.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Channel, PairRequest } from '../api.ts';

export type Side = 'opener' | 'acceptor';

/** One end of a channel, as its program saw it. */
interface End {
  life: Life | undefined;
  channel: Channel | undefined;
  written: number;
  read: number;
  hasEnded: boolean;
  hasFinished: boolean;
  /** `done`, or a code; undefined until then. */
  outcome: string | undefined;
  openedAt: number;
}

export interface PlannedChannel {
  readonly number: number;
  readonly to: string;
  /** What each side is to write. */
  readonly bytes: Readonly<Record<Side, number>>;
  readonly isProbe: boolean;
  readonly plannedAt: number;
  readonly opener: End;
  readonly acceptor: End;
  /** One of the programs has destroyed it. */
  isGivenUp: boolean;
}

/** Codes that a channel, or the wish for one, may end with; any other is a failure of the run. */
const expected = new Set([
  'SKEIN_LOST',
  'SKEIN_REFUSED',
  'SKEIN_TIMEOUT',
  'SKEIN_NO_ROUTE',
  'SKEIN_UNKNOWN_NODE',
  'SKEIN_BUSY',
]);
/** Silence is noticed, told to all, and the grace is over; a stall that is forgiven makes it later. */
export const endWithinMs = 40_000;
/** What a turn's events say is told in no certain order. */
const graceToleranceMs = 200;

export class ChannelLedger {
  readonly counts: Record<string, number> = {};
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly standing: StandingLinks;
  private readonly channels: PlannedChannel[] = [];
  /** By life, when it ended. */
  private readonly endedAt = new Map<Life, number>();
  /** By life: the names that it was told are gone, with when by its own clock. */
  private readonly goneAt = new WeakMap<Life, Map<string, number>>();

  constructor(mesh: Mesh, checks: CheckCounts, standing: StandingLinks) {
    this.mesh = mesh;
    this.checks = checks;
    this.standing = standing;
    mesh.observers.push({
      started: (life) => void this.goneAt.set(life, new Map()),
      stopped: (life) => void this.endedAt.set(life, mesh.world.now),
      knew: (life, name) => void this.goneAt.get(life)?.delete(name),
      lost: (life, name) => void this.goneAt.get(life)?.set(name, life.platform.now()),
    });
  }

  planned(
    opener: Life,
    to: string,
    [there, back]: readonly [number, number],
    isProbe: boolean,
  ): PlannedChannel {
    const planned: PlannedChannel = {
      number: this.channels.length,
      to,
      bytes: { opener: there, acceptor: back },
      isProbe,
      plannedAt: this.mesh.world.now,
      opener: newEnd(opener),
      acceptor: newEnd(undefined),
      isGivenUp: false,
    };
    this.channels.push(planned);
    return planned;
  }

  asked(life: Life, { protocol, from }: PairRequest): PlannedChannel | undefined {
    const planned = this.channels[Number(protocol.slice(1))];
    count(this.checks, 'no channel twice', 1);
    if (planned === undefined || planned.opener.life?.node.name !== from) {
      this.mesh.world.fail(
        `${life.member.name} was asked for a channel that nobody wants: ${protocol} of ${from}`,
      );
      return undefined;
    }
    if (planned.acceptor.life !== undefined && planned.acceptor.life !== life)
      this.fail(planned, `was asked of two programs`);
    else if (planned.acceptor.life === life) this.fail(planned, 'was asked twice of one program');
    planned.acceptor.life = life;
    return planned;
  }

  opened(planned: PlannedChannel, side: Side, life: Life, channel: Channel): void {
    const end = planned[side];
    end.life = life;
    end.channel = channel;
    end.openedAt = this.mesh.world.now;
    this.mesh.world.note(`${life.member.name} has channel ${planned.number}`);
  }

  wrote(planned: PlannedChannel, side: Side, byteLength: number): void {
    planned[side].written += byteLength;
  }

  received(planned: PlannedChannel, side: Side, bytes: Uint8Array): void {
    const end = planned[side];
    const from = otherOf(side);
    count(this.checks, 'channels bring what was written', 1);
    const wanted = patternOf(planned.number, from, end.read, bytes.length);
    const at = bytes.findIndex((byte, i) => byte !== wanted[i]);
    if (at >= 0) this.fail(planned, `brought its ${side} a wrong byte at ${end.read + at}`);
    end.read += bytes.length;
    if (end.read > planned[from].written)
      this.fail(planned, `brought its ${side} ${end.read} bytes of ${planned[from].written}`);
    this.mesh.world.note(`channel ${planned.number} ${side} read ${end.read}`);
  }

  ended(planned: PlannedChannel, side: Side): void {
    const from = otherOf(side);
    count(this.checks, 'a channel ends after its last byte', 1);
    planned[side].hasEnded = true;
    if (planned[side].read !== planned.bytes[from])
      this.fail(planned, `ended for its ${side} after ${planned[side].read} bytes of ${planned.bytes[from]}`);
  }

  finished(planned: PlannedChannel, side: Side): void {
    planned[side].hasFinished = true;
  }

  givesUp(planned: PlannedChannel): void {
    planned.isGivenUp = true;
  }

  failed(planned: PlannedChannel, side: Side, life: Life, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    const end = planned[side];
    // A node that gives way to a namesake is closed a moment before its program is told.
    if (code === 'SKEIN_CLOSED' || !isRunning(life) || life.isLeaving) return this.end(end, 'source-ended');
    this.end(end, code);
    if (!expected.has(code)) this.fail(planned, `failed for its ${side}: ${String(error)}`);
    if (code === 'SKEIN_LOST' && end.channel !== undefined) this.checkLost(planned, side, String(error));
    if (String(error).includes('has been out of reach for')) this.checkGrace(planned, life, String(error));
  }

  /** A node is given time to come back, by the clock of whoever waits for it. */
  private checkGrace(planned: PlannedChannel, life: Life, text: string): void {
    const name = life === planned.opener.life ? planned.to : planned.opener.life?.node.name;
    if (name === undefined || this.standing.isDoubled(name)) return;
    count(this.checks, 'a node out of reach is waited for', 1);
    const goneAt = this.goneAt.get(life)?.get(name);
    const goneMs = goneAt === undefined ? 0 : life.platform.now() - goneAt;
    if (goneMs < limits.routeGraceMs - graceToleranceMs)
      this.fail(
        planned,
        `was lost ${goneMs.toFixed(0)} ms after ${life.node.name} was told that ${name} is gone: ${text}`,
      );
  }

  closed(planned: PlannedChannel, side: Side): void {
    const end = planned[side];
    if (end.outcome !== undefined) return;
    const isDone = end.hasEnded && end.hasFinished;
    this.end(end, isDone ? 'done' : 'given up');
    if (!isDone && !planned.isGivenUp)
      this.fail(
        planned,
        `closed for its ${side}, ${end.hasEnded ? 'ended' : 'not ended'}, and nobody gave it up`,
      );
  }

  /** Honest nodes never send what a receiver cannot take, whatever the ways between them do. */
  async checkCounts(): Promise<void> {
    const statuses = await this.mesh.ask(({ node }) => node.status());
    for (const [life, { features }] of statuses) {
      const { beyondWindow, falseCredit, malformed } = features.channel as Record<string, number>;
      count(this.checks, 'nobody sends beyond a window', 1);
      if (beyondWindow || falseCredit || malformed)
        this.mesh.world.fail(
          `${life.node.name} was sent ${beyondWindow} pieces beyond a window, ${falseCredit} false credits, ${malformed} malformed messages`,
        );
    }
  }

  /** Nothing has hindered the two: then neither may lose the other. */
  private checkLost(planned: PlannedChannel, side: Side, text: string): void {
    const mine = planned[side].life as Life;
    const other = planned[otherOf(side)].life;
    count(this.checks, 'no false loss of a channel', 1);
    if (planned.isGivenUp || other === undefined || !isRunning(other) || other.isLeaving) return;
    // Given up by the acceptor's own end of time, or never accepted.
    if (planned[otherOf(side)].channel === undefined) return;
    const since = this.mesh.world.now - standsSinceMs;
    const names = [mine, other].map(({ node }) => node.name);
    if (names.some((name) => this.standing.isDoubled(name))) return;
    if (this.mesh.liars.lyingUntil >= since) return;
    if (this.standing.connected(mine, other, since))
      this.fail(planned, `was lost for its ${side}, to which it was connected all along: ${text}`);
  }

  /** Whoever has lost the other end long ago knows it. */
  checkOverdue(): void {
    for (const planned of this.channels) {
      for (const side of ['opener', 'acceptor'] as const) {
        const end = planned[side];
        const gone = planned[otherOf(side)].life;
        if (end.channel === undefined || end.outcome !== undefined || gone === undefined) continue;
        const goneAt = this.endedAt.get(gone);
        if (goneAt === undefined || end.life === undefined || !isRunning(end.life)) continue;
        count(this.checks, 'a channel to the dead ends', 1);
        const { now } = this.mesh.world;
        const since = Math.max(goneAt, end.openedAt);
        if (now - since < endWithinMs || !this.standing.isSteady(end.life, since)) continue;
        this.fail(
          planned,
          `is still open for its ${side}, ${((now - since) / 1000).toFixed(1)} s after the other's end`,
        );
        end.outcome = 'overdue';
      }
    }
  }

  /** Of those that are open, or asked for, whose own programs run. */
  get outstanding(): PlannedChannel[] {
    return this.channels.filter((planned) =>
      (['opener', 'acceptor'] as const).some((side) => this.isOutstanding(planned[side], side)),
    );
  }

  private isOutstanding({ life, channel, outcome }: End, side: Side): boolean {
    if (outcome !== undefined || life === undefined || !isRunning(life)) return false;
    return side === 'opener' || channel !== undefined;
  }

  /** What all is still open, in words. */
  describe(planned: PlannedChannel): string {
    const ends = (['opener', 'acceptor'] as const).map((side) => {
      const { life, written, read, outcome, hasEnded, hasFinished, channel } = planned[side];
      const half = `${hasEnded ? 'ended' : 'not ended'}, ${hasFinished ? 'finished' : 'not finished'}`;
      const state = outcome ?? (channel === undefined ? 'not open' : half);
      return `${side} ${life?.member.name ?? planned.to}: wrote ${written}, read ${read}, ${state}`;
    });
    return `channel ${planned.number} (${ends.join('; ')})`;
  }

  private end(end: End, outcome: string): void {
    if (end.outcome !== undefined) return;
    end.outcome = outcome;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private fail(planned: PlannedChannel, text: string): void {
    this.mesh.world.fail(`${this.describe(planned)} ${text}`);
  }
}

/** The bytes of one direction of a channel: each place has its own. */
export function patternOf(number: number, side: Side, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const salt = Math.imul(number * 2 + (side === 'opener' ? 1 : 0) + 1, 0x9e3779b1);
  for (let i = 0; i < length; i++) {
    const mixed = Math.imul((at + i + 1) ^ salt, 0x85ebca6b);
    bytes[i] = (mixed >>> 24) ^ (mixed >>> 11);
  }
  return bytes;
}

function otherOf(side: Side): Side {
  return side === 'opener' ? 'acceptor' : 'opener';
}

function newEnd(life: Life | undefined): End {
  return {
    life,
    channel: undefined,
    written: 0,
    read: 0,
    hasEnded: false,
    hasFinished: false,
    outcome: undefined,
    openedAt: 0,
  };
}
