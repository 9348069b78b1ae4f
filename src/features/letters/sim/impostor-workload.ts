/**
 * Impostors: nodes of another machine that start under the name of one that is off, handle its letters and send some.
 *
 * Who calls it: the simulation, where its workloads name `impostors`. All programs send each other letters meanwhile. An
 * impostor has no store and cannot become a broker: who has the file of the store needs no name. Invariant: only a name
 * that is pinned to its true node in the store gets an impostor, and at the end none runs.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { isRunning, type Life, type Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Machines } from '../../swarm/sim/machines.ts';
import type { Letter, SentLetter } from '../api.ts';

const letterType = 'for-the-true-one';
const timeoutMs = 4000;
const restMsMax = 3000;
const goneMsMax = 3000;
const lastsMsMin = 500;
const lastsMsMax = 9000;
const restoredMsMax = 1000;
const forgeriesMax = 3;
const outstandingLimitMs = 20_000;
const owedLimitMs = 60_000;

interface Body {
  readonly number: number;
}

interface Sent {
  readonly number: number;
  readonly author: Life;
  readonly to: string;
  readonly isForged: boolean;
  outcome: string | undefined;
  isInOutbox: boolean;
  isHandled: boolean;
}

interface Parts {
  readonly mesh: Mesh;
  readonly checks: CheckCounts;
  readonly machines: Machines;
}

/** What a letter of an impostor may end with. */
const refusals = new Set([
  'SKEIN_NAME_PINNED',
  'SKEIN_TIMEOUT',
  'SKEIN_LOST',
  'SKEIN_BUSY',
  'SKEIN_STORE',
  'SKEIN_STORE_ELSEWHERE',
]);

export class ImpostorWorkload {
  readonly counts: Record<string, number> = { impostors: 0, handled: 0 };
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly machines: Machines;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly letters: Sent[] = [];
  /** By victim. */
  private readonly impostors = new Map<Member, Member>();
  private present: { readonly victim: Member; readonly impostor: Member } | undefined;
  private isActive = false;

  constructor({ mesh, checks, machines }: Parts, lettersPerSecond: number) {
    this.mesh = mesh;
    this.checks = checks;
    this.machines = machines;
    this.random = mesh.world.random.fork('impostors');
    this.pace = new Pace(mesh.world, this.random, lettersPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => this.begun(life) });
  }

  start(): void {
    this.isActive = true;
    this.pace.start();
    this.rest();
  }

  stop(): void {
    this.isActive = false;
    this.pace.stop();
    const { present } = this;
    if (present === undefined) return;
    this.unmask();
    if (present.victim.life === undefined) this.mesh.start(present.victim);
  }

  async conclude(): Promise<void> {
    const { world, living } = this.mesh;
    const isOver = (): boolean =>
      this.letters.every(({ outcome, author }) => outcome !== undefined || !isRunning(author));
    await world.runUntil(isOver, outstandingLimitMs);
    const probes = [...this.impostors.keys()].flatMap((victim) => {
      const [author] = living.filter((life) => life.member !== victim && !this.isImpostor(life));
      return author === undefined || victim.life === undefined ? [] : [this.send(author, victim.nodeName)];
    });
    await world.runUntil(isOver, outstandingLimitMs);
    // Who has lost the store has lost whose the names are.
    if (this.machines.lostAt > 0) return;
    for (const { to, outcome } of probes)
      if (outcome !== 'stored')
        world.fail(`in a mesh at rest a letter to ${to} came to ${outcome ?? 'nothing'}`);
    await world.runUntil(() => this.owed.length === 0, owedLimitMs);
    count(this.checks, 'the true node has its letters', this.letters.length);
    for (const { number, to, author } of this.owed)
      world.fail(`letter ${number} of ${author.member.name} was stored for ${to}, which has not handled it`);
  }

  // ── impostors ─────────────────────────────────────────────────────────────────────────────────────

  private rest(): void {
    this.mesh.world.after(this.random.between(0, restMsMax), () => this.begin());
  }

  private begin(): void {
    const { random } = this;
    if (!this.isActive || this.machines.lostAt > 0) return;
    const victims = this.mesh.members.filter((member) => this.mayBeReplaced(member));
    if (victims.length === 0) return this.rest();
    const victim = random.pick(victims);
    const { world } = this.mesh;
    if (random.chance(0.5)) this.mesh.crash(victim);
    else this.mesh.leaveSoon(victim);
    const [goneMs, restoredMs] = [random.between(0, goneMsMax), random.between(0, restoredMsMax)];
    const lastsMs = random.between(lastsMsMin, lastsMsMax);
    world.after(goneMs, () => {
      // Another fault has brought it back.
      if (!this.isActive || victim.life !== undefined) return this.comeBack(victim);
      this.present = { victim, impostor: this.impostorOf(victim) };
      this.count('impostors');
      this.mesh.start(this.present.impostor);
      world.after(lastsMs, () => {
        if (!this.isActive) return;
        this.unmask();
        world.after(restoredMs, () => this.comeBack(victim));
      });
    });
  }

  private comeBack(victim: Member): void {
    if (victim.life === undefined) this.mesh.start(victim);
    if (this.isActive) this.rest();
  }

  private unmask(): void {
    const { present } = this;
    this.present = undefined;
    if (present?.impostor.life !== undefined) this.mesh.crash(present.impostor);
  }

  /** Its name is its own in the store, and it runs. */
  private mayBeReplaced(member: Member): boolean {
    const { life, canAct, name, nodeName } = member;
    if (life === undefined || !canAct || name !== nodeName || this.mesh.livesNamed(nodeName).length > 1)
      return false;
    return this.machines.pinsOf(nodeName).length > 0 && !this.machines.isStranger(life);
  }

  private impostorOf(victim: Member): Member {
    const known = this.impostors.get(victim);
    if (known !== undefined) return known;
    const { nodeName, host } = victim;
    const { broadcastDomain } = host;
    const made = this.mesh.add({ name: `${nodeName}-impostor`, nodeName, broadcastDomain });
    this.machines.leave(made);
    this.impostors.set(victim, made);
    return made;
  }

  private isImpostor({ member }: Life): boolean {
    return [...this.impostors.values()].includes(member);
  }

  private begun(life: Life): void {
    const isImpostor = this.isImpostor(life);
    if (isImpostor && life.member !== this.present?.impostor) {
      // A fault that had stopped it has started it again.
      this.mesh.world.after(0, () => {
        if (isRunning(life) && life.member !== this.present?.impostor) this.mesh.crash(life.member);
      });
    }
    const handle = (letter: Letter): void => this.handed(life, letter as Letter<Body>);
    life.node.letters.handle(handle, { types: [letterType] });
    if (!isImpostor) return;
    const others = this.mesh.members
      .map(({ nodeName }) => nodeName)
      .filter((name) => name !== life.node.name);
    for (let left = this.random.integer(1, forgeriesMax); left > 0; left--)
      this.send(life, this.random.pick(others));
    life.node.swarm.nodes().then(
      () => this.fail(life, 'learned who was ever here'),
      () => count(this.checks, 'an impostor is refused', 1),
    );
  }

  // ── letters ───────────────────────────────────────────────────────────────────────────────────────

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const names = [...new Set(this.mesh.members.map(({ nodeName }) => nodeName))];
    this.send(life, this.random.pick(names.filter((name) => name !== life.node.name)));
  }

  private send(author: Life, to: string): Sent {
    const isForged = this.isImpostor(author);
    const sent: Sent = {
      ...{ number: this.letters.length, author, to, isForged },
      ...{ outcome: undefined, isInOutbox: false, isHandled: false },
    };
    this.letters.push(sent);
    this.mesh.world.touchProgram();
    const body: Body = { number: sent.number };
    author.node.letters.send(to, body, { type: letterType, timeoutMs }).then(
      (stored) => this.stored(sent, stored),
      (error: unknown) => this.failed(sent, error),
    );
    return sent;
  }

  private stored(sent: Sent, { where }: SentLetter): void {
    sent.outcome = 'stored';
    sent.isInOutbox = where === 'outbox';
    this.count(where === 'outbox' ? 'in an outbox' : 'stored');
    if (sent.isForged)
      this.fail(sent.author, `has stored letter ${sent.number} under a name that is not its own`);
  }

  private failed(sent: Sent, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    sent.outcome = code;
    const hasEnded = code === 'SKEIN_CLOSED' || !isRunning(sent.author) || sent.author.isLeaving;
    this.count(hasEnded ? 'author ended' : code);
    if (!sent.isForged || hasEnded) return;
    count(this.checks, 'an impostor is refused', 1);
    if (!refusals.has(code)) this.fail(sent.author, `has sent a letter, which came to ${String(error)}`);
  }

  private handed(life: Life, { body: { number }, from }: Letter<Body>): void {
    const sent = this.letters[number];
    const { name } = life.node;
    if (this.machines.lostAt > 0) return;
    if (this.isImpostor(life) || this.machines.isStranger(life))
      return this.fail(life, `is handed letter ${number}, which is for the true ${name}`);
    if (sent === undefined || sent.to !== name || sent.author.node.name !== from)
      return this.fail(life, `is handed letter ${number}, which nobody has sent to it`);
    if (sent.isForged)
      this.fail(life, `is handed letter ${number} as from ${from}, which an impostor has sent`);
    this.count('handled');
    sent.isHandled = true;
  }

  /** Stored for a name whose true node runs, and not handled by it. */
  private get owed(): Sent[] {
    const names = new Set(
      this.mesh.living.filter((life) => !this.machines.isStranger(life)).map(({ node }) => node.name),
    );
    return this.letters.filter(
      ({ outcome, isHandled, isInOutbox, isForged, to }) =>
        outcome === 'stored' && !isHandled && !isInOutbox && !isForged && names.has(to),
    );
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private fail({ member, number }: Life, text: string): void {
    this.mesh.world.fail(`${member.name} life ${number} ${text}`);
  }
}
