/**
 * The simulated mesh: members on hosts, each living one life at a time.
 *
 * Who calls it: the simulation, its faults and workload. A life is one run of the program: the very node
 * production runs, on a simulated platform. Invariant: nothing here knows what a node should do; it
 * starts and ends lives and remembers what their programs were told.
 */

import { createLocalNode, type LocalNode } from '../api/create.ts';
import type { PlatformEvents } from '../api/platform.ts';
import type { Behavior } from '../core/contracts.ts';
import { limits } from '../core/limits.ts';
import { NodeClock } from './clock.ts';
import { Host } from './host.ts';
import { Network, type NetworkOptions } from './network.ts';
import { SimPlatform } from './platform.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface MeshOptions {
  readonly degree: number;
  readonly network: NetworkOptions;
  readonly syncPeriodMs?: number;
  readonly namespace?: string;
  /** A monotonic clock's rate is within this of 1. Default 0.0001, a poor quartz. */
  readonly driftMax?: number;
}

export interface MemberOptions {
  /** The host's name, and the node's unless `nodeName` says otherwise. */
  readonly name: string;
  readonly nodeName?: string;
  readonly degree?: number;
  readonly seeds?: readonly string[];
  /** UDP solicitation. Default true. */
  readonly solicit?: boolean;
  readonly broadcastDomain?: number;
  /** The program's own behaviors, made anew for each life. */
  readonly behaviors?: () => readonly Behavior<never>[];
}

/** One run of a member's program. */
export interface Life {
  readonly member: Member;
  /** 1 for the first. */
  readonly number: number;
  readonly node: LocalNode;
  readonly platform: SimPlatform;
  readonly startedAt: number;
  /** Names the program was told are up, with the time of it. */
  readonly knows: Map<string, number>;
}

export class Member {
  readonly name: string;
  readonly nodeName: string;
  readonly host: Host;
  readonly options: MemberOptions;
  life: Life | undefined;
  lives = 0;

  constructor(host: Host, options: MemberOptions) {
    this.name = options.name;
    this.nodeName = options.nodeName ?? options.name;
    this.host = host;
    this.options = options;
  }

  /** Its program runs and its event loop turns. */
  get canAct(): boolean {
    return this.life !== undefined && !this.life.platform.isPaused;
  }
}

/** What others want to hear of each life. */
export interface MeshObserver {
  started?(life: Life): void;
  knew?(life: Life, name: string): void;
  lost?(life: Life, name: string, reason: string): void;
}

export class Mesh {
  readonly world: World;
  readonly network: Network;
  readonly options: MeshOptions;
  readonly observers: MeshObserver[] = [];
  /** What loggers were told, by level; warnings and errors of a run are worth a look. */
  readonly logCounts = { debug: 0, info: 0, warn: 0, error: 0 };
  /** Rises whenever some program learns that a node is up or down. */
  knowledgeVersion = 0;
  private readonly membersByName = new Map<string, Member>();

  constructor(world: World, options: MeshOptions) {
    this.world = world;
    this.options = options;
    this.network = new Network(world, options.network);
  }

  get members(): Member[] {
    return [...this.membersByName.values()];
  }

  get living(): Life[] {
    return this.members.flatMap((member) => member.life ?? []);
  }

  member(name: string): Member | undefined {
    return this.membersByName.get(name);
  }

  /** A machine of its own, its program not yet started. */
  add(options: MemberOptions): Member {
    if (this.membersByName.has(options.name)) throw new Error(`a member "${options.name}" exists`);
    const member = new Member(new Host(this.network, this.membersByName.size, options), options);
    this.membersByName.set(options.name, member);
    return member;
  }

  start(member: Member): Life {
    if (member.life !== undefined) throw new Error(`${member.name} runs already`);
    member.host.isUp = true;
    member.lives++;
    const random = this.world.random.fork(`member ${member.name} life ${member.lives}`);
    this.world.note(`start ${member.name} life ${member.lives}`);
    const life = this.createLife(member, random);
    member.life = life;
    this.knowledgeVersion++;
    this.watch(life);
    for (const observer of this.observers) observer.started?.(life);
    this.world.touchProgram();
    return life;
  }

  /** SIGKILL: the machine stays and closes its sockets. */
  crash(member: Member, sockets: 'end' | 'reset' = 'end'): void {
    this.kill(member, sockets, `crash ${member.name}`);
  }

  /** The machine is gone with its program: nobody is told, nothing is refused. */
  vanish(member: Member): void {
    member.host.isUp = false;
    this.kill(member, 'silence', `vanish ${member.name}`);
  }

  /** Says goodbye and ends. */
  async leave(member: Member): Promise<void> {
    const { life } = member;
    if (life === undefined) return;
    this.world.note(`leave ${member.name}`);
    await this.world.resolve(life.node.close());
    life.platform.stop('end');
    member.life = undefined;
  }

  /**
   * Asks every program that can answer, all at the same instant. A program that ends meanwhile is left
   * out; any other that does not answer is a failure of the run.
   */
  async ask<Answer>(question: (life: Life) => Promise<Answer>): Promise<Map<Life, Answer>> {
    const answers = new Map<Life, Answer>();
    const asked = this.members.flatMap((member) => (member.canAct ? (member.life ?? []) : []));
    const asking = asked.map(async (life) => {
      try {
        answers.set(life, await question(life));
      } catch (error) {
        if (life.member.life === life)
          this.world.fail(`${life.member.name} did not answer: ${String(error)}`);
      }
    });
    await this.world.resolve(Promise.all(asking));
    // In the order of asking, not of answering.
    return new Map(asked.flatMap((life) => (answers.has(life) ? [[life, answers.get(life) as Answer]] : [])));
  }

  /** Every running program was told of every other and of nobody else. */
  get allKnowAll(): boolean {
    const lives = this.living;
    return lives.every(
      (life) =>
        life.knows.size === lives.length - 1 &&
        lives.every((other) => other === life || life.knows.has(other.node.name)),
    );
  }

  killAll(): void {
    for (const member of this.members) if (member.life !== undefined) this.crash(member);
  }

  private kill(member: Member, sockets: 'end' | 'reset' | 'silence', note: string): void {
    const { life } = member;
    if (life === undefined) return;
    this.world.note(note);
    member.life = undefined;
    this.knowledgeVersion++;
    // The platform first: what the dying node still asks for must not reach the world.
    life.platform.stop(sockets);
    life.node.kill();
    this.world.touchProgram();
  }

  private createLife(member: Member, random: SeededRandom): Life {
    const clock = new NodeClock(this.world, random.between(1000, 1_000_000));
    const driftMax = this.options.driftMax ?? 0.0001;
    clock.setRate(1 + driftMax * (2 * random.next() - 1));
    let platform: SimPlatform | undefined;
    const node = createLocalNode(this.settings(member), (events: PlatformEvents) => {
      platform = new SimPlatform(events, {
        network: this.network,
        host: member.host,
        clock,
        random,
        onLog: (level, text) => {
          this.logCounts[level]++;
          if (level !== 'debug') this.world.note(`${member.name} ${level}: ${text}`);
        },
      });
      return platform;
    });
    if (platform === undefined) throw new Error('createLocalNode did not make its platform');
    return { member, number: member.lives, node, platform, startedAt: this.world.now, knows: new Map() };
  }

  private settings(member: Member) {
    const { options } = this;
    return {
      name: member.nodeName,
      nameChosen: true,
      namespace: options.namespace ?? 'sim',
      degree: member.options.degree ?? options.degree,
      addresses: [member.host.address],
      seeds: member.options.seeds ?? [],
      solicit: member.options.solicit ?? true,
      broadcastTargets: [`10.${member.host.broadcastDomain}.255.255:7077`],
      syncPeriodMs: options.syncPeriodMs ?? limits.syncPeriodMs,
      sendTimeoutMs: limits.sendTimeoutMs,
      stallToleranceMs: limits.stallToleranceMs,
      version: 'sim',
      pid: undefined,
      ...(member.options.behaviors === undefined ? {} : { behaviors: member.options.behaviors }),
    };
  }

  private watch(life: Life): void {
    const { events } = life.node;
    events.addEventListener('node:up', ({ detail }) => {
      this.knowledgeVersion++;
      life.knows.set(detail.name, this.world.now);
      this.world.note(`${life.member.name} knows ${detail.name}`);
      for (const observer of this.observers) observer.knew?.(life, detail.name);
    });
    events.addEventListener('node:down', ({ detail }) => {
      this.knowledgeVersion++;
      life.knows.delete(detail.name);
      this.world.note(`${life.member.name} lost ${detail.name}: ${detail.reason}`);
      for (const observer of this.observers) observer.lost?.(life, detail.name, detail.reason);
    });
    events.addEventListener('close', ({ detail }) => this.ended(life, detail.error));
  }

  /** The node ended by itself, which no fault of this simulator asks of it. */
  private ended(life: Life, error: { code: string; message: string } | undefined): void {
    if (life.member.life !== life || error === undefined) return;
    this.world.fail(`${life.member.name} ended by itself: ${error.code}: ${error.message}`);
    life.member.life = undefined;
  }
}
