/**
 * Follows every message frame from hop to hop: none may go round in a circle, and each hop must count its
 * ttl down.
 *
 * While news of a change spreads, two nodes may hold different maps for some milliseconds, and a frame may
 * pass a node twice (link-state routing knows such loops; the ttl ends them). So a circle is a failure only
 * where no link has changed for seconds; a frame handed straight back to where it came from always is.
 *
 * Who calls it: it listens to what nodes write. Invariant: a path is known exactly, since a frame that a
 * node writes with ttl t is the one that was written to it with t + 1; copies that were sent again begin
 * anew at the source. It reads frames and changes none.
 */
import { featureNumber } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { readU48 } from '../../../kernel/wire/bytes.ts';
import { Flag, Frame, RouteKind } from '../../../kernel/wire/frame.ts';
import type { Host } from '../machine/host.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';
import { frameRanges } from '../network/frames.ts';
import { type CheckCounts, count } from './checkers.ts';
import type { StandingLinks } from './standing.ts';

/** The feature whose frames are followed, and its types that carry bodies. */
const feature = featureNumber('messaging');
const typeMax = 3;
/** A message is forgotten after one to two of these: no frame travels that long. */
const generationMs = 120_000;
/** News of a change is everywhere and routes are computed long before. */
const newsMs = 3000;

/** The hosts that a frame has passed. */
type Path = readonly number[];
/** By host and ttl: how it may have come there. Copies of one message can meet, so there may be several ways. */
type Paths = Map<number, readonly Path[]>;

const waysMax = 6;

export class FrameWatch {
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly frame = new Frame();
  private young = new Map<string, Paths>();
  private old = new Map<string, Paths>();
  private bornAt = 0;
  private readonly standing: StandingLinks;

  constructor(mesh: Mesh, standing: StandingLinks, checks: CheckCounts) {
    this.mesh = mesh;
    this.standing = standing;
    this.checks = checks;
    mesh.observers.push({ wrote: (life, to, bytes) => this.wrote(life, to, bytes) });
  }

  private wrote(life: Life, to: Host, bytes: Uint8Array): void {
    const ranges = frameRanges(bytes);
    // What is not looked at cannot be wrong: a watch that has gone blind must say so.
    if (ranges === undefined)
      this.mesh.world.fail(`${life.member.name} wrote what is not made of whole frames`);
    for (const [start, end] of ranges ?? [])
      if (this.frame.read(bytes, start, end) && this.isFollowed()) this.follow(life, to);
  }

  private isFollowed(): boolean {
    const { flags, feature: number, kind, type } = this.frame;
    const isMessage = number === feature && type <= typeMax && (flags & Flag.returned) === 0;
    return isMessage && (kind === RouteKind.node || kind === RouteKind.many);
  }

  private follow(life: Life, to: Host): void {
    const { frame } = this;
    if (frame.kind === RouteKind.node) return this.step(life, to, frame.destination);
    for (let i = 0; i < frame.recipientCount; i++) this.step(life, to, frame.recipient(i));
  }

  private step(life: Life, to: Host, recipient: number): void {
    const { source, sequence, type, ttl } = this.frame;
    count(this.checks, 'no routing loop', 1);
    // Messages begin with their source's life: two lives of one name count from one alike.
    const sourceLife = readU48(this.frame.bytes, this.frame.payloadStart);
    const paths = this.paths(`${source} ${sourceLife} ${sequence} ${type} ${recipient}`);
    const here = life.member.host.number;
    const isFirst = source === life.node.id && ttl === limits.ttlHops;
    const ways = isFirst ? [[]] : paths.get(placeOf(here, ttl));
    // Unknown: sent before the watch began, or so long ago that it has been forgotten.
    if (ways === undefined && paths.size === 0) return;
    if (ways === undefined) return this.fail(life, `has ttl ${ttl}, which no hop gave it`);
    if (ways.every((way) => way.at(-1) === to.number)) this.fail(life, 'goes back to where it came from');
    else if (ways.every((way) => way.includes(here))) this.circle(life, [...(ways[0] as Path), here]);
    const place = placeOf(to.number, ttl - 1);
    const onward = ways.map((way) => [...way, here]);
    const known = paths.get(place) ?? [];
    const others = known.filter((way) => !onward.some((one) => one.join() === way.join()));
    paths.set(place, [...onward, ...others].slice(0, waysMax));
  }

  private circle(life: Life, path: readonly number[]): void {
    const { mesh } = this;
    count(this.checks, 'passing circles while news spread', 1);
    // Who is linked to a node does not believe a lie about its life, but that the others do: until it is refuted.
    const unrestAt = Math.max(this.standing.changedAt, mesh.network.lateUntil, mesh.liars.misleadUntil);
    const lag = Math.max(...mesh.living.map(({ platform }) => platform.loop.lastBehindAt));
    if (mesh.world.now - Math.max(unrestAt, lag) > newsMs)
      this.fail(life, `has been here before: ${this.names(path)}`);
  }

  private paths(key: string): Paths {
    if (this.mesh.world.now - this.bornAt > generationMs) {
      this.old = this.young;
      this.young = new Map();
      this.bornAt = this.mesh.world.now;
    }
    const paths = this.young.get(key) ?? this.old.get(key) ?? new Map();
    this.young.set(key, paths);
    return paths;
  }

  private fail(life: Life, text: string): void {
    const { source, sequence } = this.frame;
    const sender =
      this.mesh.living.find(({ node }) => node.id === source)?.node.name ?? 'a node that is gone';
    this.mesh.world.fail(`${life.member.name} sent on message ${sequence} of ${sender}, which ${text}`);
  }

  private names(hosts: readonly number[]): string {
    const names = new Map(this.mesh.members.map(({ host, name }) => [host.number, name]));
    return hosts.map((host) => names.get(host) ?? `host ${host}`).join(' ');
  }
}

function placeOf(host: number, ttl: number): number {
  return host * 256 + ttl;
}
