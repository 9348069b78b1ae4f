/**
 * What the simulated programs do with conversations: they begin some, speak in them, invite others and leave; at the end
 * all must agree on who takes part.
 *
 * Who calls it: the simulation, where its workloads name `conversations`. Invariant: only programs whose event loop turns
 * act, and every act and every word goes to the ledger.
 */
import type { Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Letter } from '../api.ts';
import type { TalkLedger, Word } from './talk-ledger.ts';

const talksMax = 6;
const guestsMax = 3;
const sayShare = 0.55;
const inviteShare = 0.7;
const leaveShare = 0.85;
const keyShare = 0.3;
const slowShare = 0.2;
const slowMsMax = 1500;
const timeoutMs = 6000;
/** A question waits for 10 s, a word goes on after that. */
const outstandingLimitMs = 30_000;
const owedLimitMs = 60_000;
const agreedLimitMs = 20_000;
const lookAgainMs = 1000;

interface Body {
  readonly number: number;
}

export class TalkWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: TalkLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  /** Ids, the latest last. */
  private readonly talks: string[] = [];
  /** Of the letters that words are. */
  private readonly ids = new Map<Word, string>();
  private isGood = false;

  constructor(mesh: Mesh, ledger: TalkLedger, actsPerSecond: number) {
    this.mesh = mesh;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('conversations');
    this.pace = new Pace(mesh.world, this.random, actsPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => this.handle(life) });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
    this.isGood = true;
  }

  async conclude(): Promise<void> {
    const { world } = this.mesh;
    const { ledger } = this;
    await world.runUntil(() => ledger.outstanding.length === 0, outstandingLimitMs);
    for (const { what, life } of ledger.outstanding) world.fail(`${what} of ${life.member.name} never ended`);
    await this.agree();
    await this.findWords();
    await world.runUntil(() => ledger.owed.length === 0, owedLimitMs);
    for (const { number, life, to } of ledger.owed)
      world.fail(
        `word ${number} of ${life.member.name} was stored, and is owed to one of [${to?.join(' ') ?? '?'}]`,
      );
  }

  // ── acts ──────────────────────────────────────────────────────────────────────────────────────────

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const draw = this.random.next();
    this.mesh.world.touchProgram();
    if (this.talks.length === 0 || (this.talks.length < talksMax && draw >= leaveShare))
      return this.begin(life);
    const talk = this.random.pick(this.talks);
    if (draw < sayShare) this.say(life, talk);
    else if (draw < inviteShare) this.invite(life, talk);
    else if (draw < leaveShare) this.leave(life, talk);
    else this.ask(life, talk);
  }

  private begin(life: Life): void {
    const guests = this.guests(life);
    if (guests.length === 0) return;
    const act = this.ledger.begun(life, 'converse');
    life.node.letters.converse(guests).then(
      ({ id }) => {
        this.talks.push(id);
        this.ledger.opened(act, id, guests);
      },
      (error: unknown) => this.ledger.failed(act, error),
    );
  }

  private say(life: Life, talk: string): void {
    const word = this.ledger.said(life, talk);
    const key = this.random.chance(keyShare) ? { idempotencyKey: `word ${word.number}` } : {};
    const body: Body = { number: word.number };
    life.node.letters
      .conversation(talk)
      .say(body, { timeoutMs, ...key })
      .then(
        (sent) => {
          this.ids.set(word, sent.id);
          this.ledger.stored(word, sent);
        },
        (error: unknown) => this.ledger.failed(word, error),
      );
  }

  private invite(life: Life, talk: string): void {
    const guests = this.guests(life);
    if (guests.length === 0) return;
    const act = this.ledger.begun(life, 'invite', talk);
    life.node.letters
      .conversation(talk)
      .invite(guests)
      .then(
        (participants) => this.ledger.answered(act, talk, participants),
        (error: unknown) => this.ledger.failed(act, error),
      );
  }

  private leave(life: Life, talk: string): void {
    const act = this.ledger.begun(life, 'leave', talk);
    life.node.letters
      .conversation(talk)
      .leave()
      .then(
        () => this.ledger.left(act, talk),
        (error: unknown) => this.ledger.failed(act, error),
      );
  }

  private ask(life: Life, talk: string): void {
    const act = this.ledger.begun(life, 'participants', talk);
    life.node.letters
      .conversation(talk)
      .participants()
      .then(
        (participants) => this.ledger.answered(act, talk, participants),
        (error: unknown) => this.ledger.failed(act, error),
      );
  }

  private guests(life: Life): string[] {
    const names = [...new Set(this.mesh.members.map(({ nodeName }) => nodeName))];
    const others = names.filter((name) => name !== life.node.name);
    return this.random.sample(others, this.random.integer(1, guestsMax));
  }

  // ── handling ──────────────────────────────────────────────────────────────────────────────────────

  private handle(life: Life): void {
    life.node.letters.handle((letter) => this.carryOut(life, letter as Letter<Body>), {
      conversations: true,
    });
  }

  private carryOut(life: Life, letter: Letter<Body>): unknown {
    const { number } = letter.body;
    this.ledger.handed(life, number, letter);
    const end = (): void => this.ledger.handled(life, number);
    if (this.isGood || !this.random.chance(slowShare)) return end();
    return new Promise<void>((resolve) => {
      life.platform.after(this.random.integer(1, slowMsMax), () => resolve(end()));
    });
  }

  // ── at rest ───────────────────────────────────────────────────────────────────────────────────────

  /** All nodes say the same of each conversation, and it is what the store has. */
  private async agree(): Promise<void> {
    const { world } = this.mesh;
    const until = world.now + agreedLimitMs;
    let problems = await this.disagreements();
    while (problems.length > 0 && world.now < until) {
      await world.run(lookAgainMs);
      problems = await this.disagreements();
    }
    for (const problem of problems) world.fail(`in a mesh at rest ${problem}`);
  }

  private async disagreements(): Promise<string[]> {
    const problems: string[] = [];
    for (const life of this.mesh.living) {
      if (this.ledger.isStranger(life)) continue;
      for (const talk of this.ledger.talks) {
        const problem = this.ledger.disagreement(
          talk,
          await this.asked(() => life.node.letters.conversation(talk).participants()),
        );
        if (problem !== undefined) problems.push(`${life.node.name} ${problem}`);
      }
      const listed = await this.asked(() => life.node.letters.conversations());
      const problem = this.ledger.wrongList(
        life.node.name,
        typeof listed === 'string' ? listed : listed.map(({ id }) => id),
      );
      if (problem !== undefined) problems.push(`${life.node.name} ${problem}`);
    }
    return problems;
  }

  private async asked<Value>(ask: () => Promise<Value>): Promise<Value | string> {
    try {
      return await this.mesh.world.resolve(ask(), outstandingLimitMs);
    } catch (error) {
      return String(error);
    }
  }

  /** Whom the swarm has the words for, as long as it knows. */
  private async findWords(): Promise<void> {
    const [life] = this.mesh.living.filter((each) => !this.ledger.isStranger(each));
    if (life === undefined) return;
    for (const [word, id] of this.ids) {
      const status = await this.asked(() => life.node.letters.status(id));
      if (typeof status === 'object')
        this.ledger.found(
          word,
          status.recipients.map(({ name }) => name),
        );
    }
  }
}
