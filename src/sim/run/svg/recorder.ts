/**
 * Writes down what a picture of a run needs: who ran when, how many pairs knew each other, links, messages,
 * faults.
 *
 * Who calls it: whoever runs a mesh and wants to show it; it listens to the mesh. Invariant: it changes
 * nothing, not even the number of the world's events: a run with and without it is the same.
 */
import type { Life } from '../../world/member.ts';
import type { Mesh } from '../../world/mesh.ts';
import type { StopManner } from '../../world/mesh-observer.ts';

/** Points closer than this to each other are one: a picture has about a thousand of them across. */
const pointsAcross = 2000;

export type NodeState = 'running' | 'paused';
/** `turned`: it goes on in another state. `still`: at the end of the run. */
export type EndReason = 'crash' | 'vanish' | 'left' | 'ended' | 'turned' | 'still';

export interface Span {
  readonly from: number;
  to: number;
  readonly state: NodeState;
  end: EndReason;
}

export interface Band {
  readonly from: number;
  to: number;
  readonly kind: string;
  readonly text: string;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface MessagePoint {
  readonly at: number;
  readonly delivered: number;
  readonly missing: number;
}

/** What a picture is drawn from. */
export interface RunRecord {
  /** Virtual milliseconds at which the run ended. */
  readonly endMs: number;
  /** By machine: when its program ran or stood still, and how each time ended. */
  readonly nodes: readonly { readonly name: string; readonly spans: readonly Span[] }[];
  /** Faults: from when to when. */
  readonly bands: readonly Band[];
  /** Ordered pairs that know each other, as a share of those that could. */
  readonly knowledge: readonly Point[];
  /** How many links were open; one that only one end reports counts as a half. */
  readonly links: readonly Point[];
  /** Messages that had their result, each with its recipients with a receipt and without. */
  readonly messages: readonly MessagePoint[];
}

/** Notes what a picture of a run needs, and changes nothing in the run. Call `follow`, later `finish`. */
export class RunRecorder {
  private mesh: Mesh | undefined;
  private readonly spans = new Map<string, Span[]>();
  private readonly lives = new Map<Life, LifeRecord>();
  private readonly bands = new Map<string, Band>();
  private readonly endedBands: Band[] = [];
  private readonly messages: MessagePoint[] = [];
  private readonly knowledge = new Series();
  private readonly links = new Series();
  private pairs = 0;
  private linkEnds = 0;

  /** Once, before the first program starts. */
  follow(mesh: Mesh): void {
    this.mesh = mesh;
    for (const { name } of mesh.members) this.spans.set(name, []);
    mesh.observers.push({
      started: (life) => this.started(life),
      stopped: (life, how) => this.stopped(life, endReasons[how]),
      knew: (life) => this.know(life, 1),
      lost: (life) => this.know(life, -1),
      linkUp: (life) => this.link(life, 1),
      linkDown: (life) => this.link(life, -1),
      faultBegan: (name, text) => this.faultBegan(text, name, text),
      faultEnded: (text) => this.faultEnded(text),
      messageSettled: (delivered, missing) => this.settled(delivered, missing),
    });
  }

  /** The program of this machine stands still from now on. */
  paused(name: string): void {
    this.turn(name, 'running', 'paused');
  }

  /** The program of this machine goes on. */
  resumed(name: string): void {
    this.turn(name, 'paused', 'running');
  }

  /** A fault begins. @param key Names it for `faultEnded`. @param kind Its kind. @param text What the picture says. */
  faultBegan(key: string, kind: string, text: string): void {
    this.bands.set(key, { from: this.now, to: this.now, kind, text });
  }

  /** The fault of this key is over; unknown keys are ignored. */
  faultEnded(key: string): void {
    const band = this.bands.get(key);
    if (band === undefined) return;
    this.bands.delete(key);
    this.endedBands.push({ ...band, to: this.now });
  }

  /** A message has its result: recipients with a receipt, and without. */
  settled(delivered: number, missing: number): void {
    this.messages.push({ at: this.now, delivered, missing });
  }

  /** As it is now; what happens in the very last instant (all are ended) is not part of the run. */
  finish(): RunRecord {
    const endMs = this.now;
    const open = [...this.bands.values()].map((band) => ({ ...band, to: endMs }));
    const names = new Set([...(this.mesh?.members ?? []).map(({ name }) => name), ...this.spans.keys()]);
    return {
      endMs,
      nodes: [...names].map((name) => ({ name, spans: this.finalSpans(name, endMs) })),
      bands: [...this.endedBands, ...open].sort((a, b) => a.from - b.from),
      knowledge: this.knowledge.points(endMs),
      links: this.links.points(endMs),
      messages: [...this.messages],
    };
  }

  private finalSpans(name: string, endMs: number): Span[] {
    const spans = this.spans.get(name) ?? [];
    return spans.map((span) =>
      span.end === 'still' || span.to === endMs ? { ...span, to: endMs, end: 'still' } : { ...span },
    );
  }

  private get now(): number {
    return this.mesh?.world.now ?? 0;
  }

  private started(life: Life): void {
    this.lives.set(life, { span: this.newSpan(life.member.name, 'running'), knows: 0, links: 0 });
    this.know(life, 0);
  }

  private stopped(life: Life, end: EndReason): void {
    const record = this.lives.get(life);
    if (record === undefined) return;
    this.know(life, -record.knows);
    this.link(life, -record.links);
    this.lives.delete(life);
    Object.assign(record.span, { to: this.now, end });
    this.noteKnowledge();
  }

  private turn(name: string, from: NodeState, to: NodeState): void {
    const life = this.mesh?.member(name)?.life;
    const record = life && this.lives.get(life);
    if (record?.span.state !== from) return;
    Object.assign(record.span, { to: this.now, end: 'turned' });
    record.span = this.newSpan(name, to);
  }

  private newSpan(name: string, state: NodeState): Span {
    const spans = this.spans.get(name) ?? [];
    this.spans.set(name, spans);
    const span: Span = { from: this.now, to: this.now, state, end: 'still' };
    spans.push(span);
    return span;
  }

  private know(life: Life, by: number): void {
    const record = this.lives.get(life);
    if (record === undefined) return;
    record.knows += by;
    this.pairs += by;
    this.noteKnowledge();
  }

  private noteKnowledge(): void {
    const possible = this.lives.size * (this.lives.size - 1);
    this.knowledge.set(this.now, possible === 0 ? 0 : Math.min(1, this.pairs / possible));
  }

  private link(life: Life, by: number): void {
    const record = this.lives.get(life);
    if (record === undefined) return;
    record.links += by;
    this.linkEnds += by;
    this.links.set(this.now, this.linkEnds / 2);
  }
}

/** What is undone when a life ends. */
interface LifeRecord {
  span: Span;
  knows: number;
  links: number;
}

const endReasons: Readonly<Record<StopManner, EndReason>> = {
  crash: 'crash',
  vanish: 'vanish',
  leave: 'left',
  ended: 'ended',
};

/** A value that changes by steps. */
class Series {
  private readonly all: { at: number; value: number }[] = [{ at: 0, value: 0 }];

  set(at: number, value: number): void {
    const last = this.all.at(-1) as { at: number; value: number };
    if (last.at === at) last.value = value;
    else if (last.value !== value) this.all.push({ at, value });
  }

  /** At most about `pointsAcross`, each the last of its slot, so that every plateau is kept. */
  points(endMs: number): Point[] {
    const slotMs = endMs / pointsAcross;
    const before = this.all.filter(({ at }, i) => i === 0 || at < endMs);
    const kept = before.filter(({ at }, i) => {
      const next = before[i + 1];
      return next === undefined || i === 0 || Math.floor(next.at / slotMs) !== Math.floor(at / slotMs);
    });
    return [...kept, { at: endMs, value: kept.at(-1)?.value ?? 0 }];
  }
}
