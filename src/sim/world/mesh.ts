/**
 * The simulated mesh: members on hosts, each living one life at a time.
 *
 * Who calls it: the simulation, its faults and workload. A life is one run of the program: the very node
 * production runs, on a simulated platform. Invariant: nothing here knows what a node should do; it
 * starts and ends lives and remembers what their programs were told.
 */
import { topologyLimits } from '../../features/topology/core/limits.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { createLocalNode } from '../../node/create.ts';
import type { PlatformEvents } from '../../node/platform.ts';
import { changeableOf } from '../../node/settings.ts';
import { Archive } from './archive.ts';
import { LatestVersions } from './latest-versions.ts';
import { Liars } from './liars.ts';
import { NodeClock } from './machine/clock.ts';
import { denialFileOf } from './machine/denial-file.ts';
import { Disk } from './machine/disk.ts';
import { Host } from './machine/host.ts';
import { identityOf } from './machine/identity.ts';
import { broadcastTarget, SimPlatform } from './machine/platform.ts';
import { type Life, Member, type MemberOptions } from './member.ts';
import type { MeshObserver, StopManner } from './mesh-observer.ts';
import { Network, type NetworkOptions } from './network/network.ts';
import type { StreamEnd } from './network/stream.ts';
import { Notary } from './notary.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

/** The longest sync period, jitter included, as a share of the usual one. */
const syncJitterMax = 1.1;
/** Whose name a record uses hears of it, probes for the life that it names, and outbids it. */
const lieRefutedMs = 2000;

/** What all members of a mesh have in common. */
export interface MeshOptions {
  /** Links that each node tries to keep, unless its own options say otherwise. */
  readonly degree: number;
  /** Delays, losses and duplicates of the network. */
  readonly network: NetworkOptions;
  /** How often nodes compare what they know, milliseconds. Default: that of a real node. */
  readonly syncPeriodMs?: number;
  /** Namespace of all members. Default `sim`. */
  readonly namespace?: string;
  /** A monotonic clock's rate is within this of 1. Default 0.0001, a poor quartz. */
  readonly driftMax?: number;
}

/** Members that form one mesh in a world. Add members, start and end their programs, ask them. */
export class Mesh {
  /** The world that it lives in: time, randomness, failures. */
  readonly world: World;
  /** The network between its members: rules can be added and removed at any time. */
  readonly network: Network;
  /** Makes the signers of all nodes, and checks what they signed. */
  readonly notary = new Notary();
  /** What it was made with. */
  readonly options: MeshOptions;
  /** Those that are notified of what happens. Add to it before the first program starts. */
  readonly observers: MeshObserver[] = [];
  /** Rises whenever some program learns that a node is up or down. */
  knowledgeVersion = 0;
  /** Who lies, and what that may excuse. */
  readonly liars: Liars;
  /** What nodes announced of themselves. */
  readonly archive = new Archive();
  /** Of that, and of what liars signed. */
  readonly latestVersions = new LatestVersions();
  /** Every node name that ever was, invented ones included: nobody can know more. */
  readonly namesEver = new Set<string>();
  private hostCount = 0;
  private lives: readonly Life[] | undefined;
  private readonly membersByName = new Map<string, Member>();

  constructor(world: World, options: MeshOptions) {
    this.world = world;
    this.options = options;
    this.network = new Network(world, options.network);
    const syncPeriodMs = options.syncPeriodMs ?? topologyLimits.syncPeriodMs;
    this.liars = new Liars(() => world.now, syncPeriodMs * syncJitterMax + lieRefutedMs);
  }

  /** All members, in the order in which they were added. */
  get members(): Member[] {
    return [...this.membersByName.values()];
  }

  /** In the order of their members. Asked for all the time, in a mesh of hundreds. */
  get living(): readonly Life[] {
    this.lives ??= this.members.flatMap((member) => member.life ?? []);
    return this.lives;
  }

  /** The member of this machine name. Undefined: there is none. */
  member(name: string): Member | undefined {
    return this.membersByName.get(name);
  }

  /** A machine of its own, its program not yet started. */
  add(options: MemberOptions): Member {
    if (this.membersByName.has(options.name)) throw new Error(`a member "${options.name}" exists`);
    const member = new Member(new Host(this.network, this.hostCount++, options), options);
    this.namesEver.add(member.nodeName);
    this.membersByName.set(options.name, member);
    this.tell((observer) => observer.added?.(member));
    return member;
  }

  /** The lives of this node name: more than one while namesakes have not found each other. */
  livesNamed(nodeName: string): Life[] {
    return this.living.filter(({ node }) => node.name === nodeName);
  }

  /**
   * Starts its program. @param seeds Addresses that it remembers from an earlier life.
   * @throws Error when it runs already.
   */
  start(member: Member, seeds: readonly string[] = []): Life {
    if (member.life !== undefined) throw new Error(`${member.name} runs already`);
    member.host.isUp = true;
    member.lives++;
    const random = this.world.random.fork(`member ${member.name} life ${member.lives}`);
    this.world.note(`start ${member.name} life ${member.lives}`);
    const life = this.createLife(member, random, seeds);
    member.life = life;
    this.lives = undefined;
    this.knowledgeVersion++;
    this.watch(life);
    this.tell((observer) => observer.started?.(life));
    this.world.touchProgram();
    return life;
  }

  /** SIGKILL: the machine stays and closes its sockets. */
  crash(member: Member, sockets: 'end' | 'reset' = 'end'): void {
    this.kill(member, sockets, `crash ${member.name}`);
  }

  /** The machine is gone with its program and its disk: nobody is told, nothing is refused. */
  vanish(member: Member): void {
    member.host.isUp = false;
    member.host.disk = new Disk();
    member.host.ownDisk = new Disk();
    this.kill(member, 'silence', `vanish ${member.name}`);
  }

  /** Says goodbye and ends. */
  async leave(member: Member): Promise<void> {
    if (member.life !== undefined) await this.world.resolve(this.goodbye(member.life));
  }

  /** Says goodbye; the end comes by itself. */
  leaveSoon(member: Member): void {
    if (member.life !== undefined) void this.goodbye(member.life);
  }

  /** Its machine stays where it is, without a program, and is no member any more. */
  remove(member: Member): void {
    this.crash(member);
    this.membersByName.delete(member.name);
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
        this.unanswered(life, error);
      }
    });
    await this.world.resolve(Promise.all(asking));
    // In the order of asking, not of answering.
    return new Map(asked.flatMap((life) => (answers.has(life) ? [[life, answers.get(life) as Answer]] : [])));
  }

  /** Asks one program; undefined when it ends or cannot answer meanwhile. */
  async askOne<Answer>(life: Life, question: (life: Life) => Promise<Answer>): Promise<Answer | undefined> {
    if (life.member.life !== life || !life.member.canAct) return undefined;
    try {
      return await this.world.resolve(question(life));
    } catch (error) {
      this.unanswered(life, error);
      return undefined;
    }
  }

  /** Every running program was told of every other and of nobody else. */
  get allKnowAll(): boolean {
    const lives = this.living;
    // Counted first: it is asked after each change, and comparing all names of all takes long.
    if (lives.some((life) => life.knows.size !== lives.length - 1)) return false;
    return lives.every((life) => lives.every((other) => other === life || life.knows.has(other.node.name)));
  }

  /** Crashes every program that runs. */
  killAll(): void {
    for (const member of this.members) if (member.life !== undefined) this.crash(member);
  }

  private async goodbye(life: Life): Promise<void> {
    if (life.isLeaving) return;
    this.world.note(`leave ${life.member.name}`);
    life.isLeaving = true;
    this.tell((observer) => observer.leaving?.(life));
    const closed = life.node.close();
    this.world.touchProgram();
    await closed;
    if (life.member.life === life) this.closed(life);
  }

  private kill(member: Member, sockets: 'end' | 'reset' | 'silence', note: string): void {
    const { life } = member;
    if (life === undefined) return;
    this.world.note(note);
    this.stopped(life, sockets === 'silence' ? 'vanish' : 'crash');
    // The platform first: what the dying node still asks for must not reach the world.
    life.platform.stop(sockets);
    life.node.kill();
    this.world.touchProgram();
  }

  /** Its program has closed the node: the process ends with it. */
  private closed(life: Life): void {
    life.platform.stop('end');
    this.stopped(life, 'leave');
  }

  /** Whether a node may end is judged where it is told; here it only has not answered. */
  private unanswered(life: Life, error: unknown): void {
    const hasEnded = error instanceof SkeinError && error.code === 'SKEIN_CLOSED';
    if (life.member.life === life && !life.isLeaving && !hasEnded)
      this.world.fail(`${life.member.name} did not answer: ${String(error)}`);
  }

  private stopped(life: Life, how: StopManner): void {
    life.member.life = undefined;
    this.lives = undefined;
    this.knowledgeVersion++;
    this.tell((observer) => observer.stopped?.(life, how));
  }

  /** Tells all observers. */
  tell(each: (observer: MeshObserver) => void): void {
    for (const observer of this.observers) each(observer);
  }

  private createLife(member: Member, random: SeededRandom, seeds: readonly string[]): Life {
    const clock = new NodeClock(this.world, random.between(1000, 1_000_000));
    const driftMax = this.options.driftMax ?? 0.0001;
    clock.setRate(1 + driftMax * (2 * random.next() - 1));
    let platform: SimPlatform | undefined;
    const node = createLocalNode(this.settings(member, seeds), (events: PlatformEvents) => {
      platform = new SimPlatform(events, {
        network: this.network,
        host: member.host,
        clock,
        random,
        notary: this.notary,
        store: member.store,
        onSigned: (bytes, signature) => {
          this.archive.add(bytes, signature);
          this.latestVersions.note(bytes);
        },
        onWrite: (to, bytes) => this.wrote(member, to, bytes),
        onRead: (end, bytes) => this.reads(member, end, bytes),
        onLog: (level, text) => {
          if (level !== 'debug') this.world.note(`${member.name} ${level}: ${text}`);
          this.tell((observer) => observer.logged?.(member, level, text));
        },
      });
      return platform;
    });
    if (platform === undefined) throw new Error('createLocalNode did not make its platform');
    const { now: startedAt } = this.world;
    const startedAtLocal = clock.now();
    const born = { startedAt, startedAtLocal, knows: new Map<string, number>(), isLeaving: false };
    return { member, number: member.lives, node, platform, ...born };
  }

  private wrote(member: Member, to: Host, bytes: Uint8Array): void {
    const { life } = member;
    if (life !== undefined) for (const observer of this.observers) observer.wrote?.(life, to, bytes);
  }

  private reads(member: Member, end: StreamEnd, bytes: Uint8Array): void {
    const { life } = member;
    if (life !== undefined) for (const observer of this.observers) observer.read?.(life, end, bytes);
  }

  private settings(member: Member, seeds: readonly string[]) {
    const { options } = this;
    return {
      ...changeableOf(),
      name: member.nodeName,
      nameChosen: true,
      namespace: member.options.namespace ?? options.namespace ?? 'sim',
      degree: member.options.degree ?? options.degree,
      addresses: member.host.announced,
      seeds: [...new Set([...this.givenSeeds(member), ...seeds])],
      solicit: member.options.solicit ?? true,
      broadcastTargets: [broadcastTarget(member.host.broadcastDomain)],
      syncPeriodMs: options.syncPeriodMs ?? topologyLimits.syncPeriodMs,
      logMessages: member.options.logMessages ?? false,
      stallToleranceMs: limits.stallToleranceMs,
      version: 'sim',
      pid: undefined,
      ...formationOf(member),
      ...(member.behaviors === undefined ? {} : { behaviors: member.behaviors }),
      features: member.options.features ?? [],
      ...denialFileOf(member.host),
      ...(member.options.identity === false ? {} : identityOf(member.host, this)),
    };
  }

  private givenSeeds({ options, lives }: Member): readonly string[] {
    return [...(options.seeds ?? []), ...(lives > 1 ? (options.restartSeeds?.() ?? []) : [])];
  }

  private watch(life: Life): void {
    const { events } = life.node;
    events.addEventListener('node:up', ({ detail }) => {
      this.knowledgeVersion++;
      life.knows.set(detail.name, this.world.now);
      this.world.note(`${life.member.name} knows ${detail.name}`);
      this.tell((observer) => observer.knew?.(life, detail.name));
    });
    events.addEventListener('node:down', ({ detail }) => {
      this.knowledgeVersion++;
      life.knows.delete(detail.name);
      this.world.note(`${life.member.name} lost ${detail.name}: ${detail.reason}`);
      this.tell((observer) => observer.lost?.(life, detail.name, detail.reason));
    });
    events.addEventListener('link:up', ({ detail }) =>
      this.tell((observer) => observer.linkUp?.(life, detail.node)),
    );
    events.addEventListener('link:down', ({ detail }) =>
      this.tell((observer) => observer.linkDown?.(life, detail.node, detail.reason)),
    );
    events.addEventListener('close', ({ detail }) => this.ended(life, detail.error));
  }

  /** The node ended by itself: a failure, unless its program has closed it or somebody knows why it had to. */
  private ended(life: Life, error: { code: string; message: string } | undefined): void {
    if (life.member.life !== life) return;
    if (error === undefined) {
      if (!life.isLeaving) this.closed(life);
      return;
    }
    const answers = this.observers.map((observer) => observer.ended?.(life, error));
    const wasExpected = answers.includes(true);
    this.world.note(`${life.member.name} ended by itself: ${error.code}`);
    if (!wasExpected) this.world.fail(`${life.member.name} ended by itself: ${error.code}: ${error.message}`);
    this.stopped(life, 'ended');
  }
}

function formationOf({
  formation: addresses = [],
  options: { formationWhenWanted: whenWanted = [] },
}: Member) {
  if (addresses.length + whenWanted.length === 0) return {};
  return { formation: { addresses, whenWanted, doors: [], meeting: '' } };
}
