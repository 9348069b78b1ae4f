/**
 * What the simulated programs do with letters: they send some to each other, repeat those whose outcome is unknown, and
 * handle what comes; some throw, refuse, or take their time.
 *
 * Who calls it: the simulation, where its workloads name `letters`. The members are of one machine, whose disk has the
 * store, or of several. Invariant: only programs whose event loop turns act, and every letter and every handler goes to the ledger.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Letter, LetterOptions } from '../api.ts';
import { attemptsMax, type Deed, type LedgerLetter, type LetterLedger } from './letter-ledger.ts';

const recipientsMax = 3;
const togetherMax = 4;
/** Of letters sent one by one, so that several messages of one author are under way at a time. */
const burst = { lettersMin: 3, lettersMax: 12, gapMsMax: 6, share: 0.3 } as const;
const keyShare = 0.5;
const copyShare = 0.25;
const delayedShare = 0.1;
const delayMsMax = 5000;
const timeoutMs = 4000;
const throwShare = 0.1;
const refuseShare = 0.03;
const slowShare = 0.3;
const slowMsMax = 2000;
const stuckShare = 0.02;
const stuckMs = 15_000;
const bodyBytesMax = 400;
const largeShare = 0.01;
const largeBytes = 700_000;

interface Body {
  readonly number: number;
  readonly filler: Uint8Array;
}

export class LetterWorkload {
  private readonly mesh: Mesh;
  private readonly ledger: LetterLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly hasBursts: boolean;
  private readonly hasCopies: boolean;
  /** At the end handlers do their work. */
  private isGood = false;

  constructor(
    mesh: Mesh,
    ledger: LetterLedger,
    {
      lettersPerSecond,
      hasBursts,
      hasCopies,
    }: { readonly lettersPerSecond: number; readonly hasBursts: boolean; readonly hasCopies: boolean },
  ) {
    this.mesh = mesh;
    this.hasBursts = hasBursts;
    this.hasCopies = hasCopies;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('letters');
    this.pace = new Pace(mesh.world, this.random, lettersPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => this.handle(life) });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
    this.isGood = true;
  }

  /** From each program to another one. */
  probe(): LedgerLetter[] {
    const { living } = this.mesh;
    return living.flatMap((life) => {
      const others = living.filter((other) => other.node.name !== life.node.name);
      return others.length === 0 ? [] : [this.send(life, [this.random.pick(others).node.name])];
    });
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    const names = [...new Set(this.mesh.members.map(({ nodeName }) => nodeName))];
    const others = names.filter((name) => name !== life.node.name);
    if (others.length === 0) return;
    if (this.hasBursts && this.random.chance(burst.share)) return this.sendBurst(life, others);
    for (let left = this.random.integer(1, togetherMax); left > 0; left--)
      this.send(life, this.random.sample(others, this.random.integer(1, recipientsMax)));
  }

  private sendBurst(life: Life, others: readonly string[]): void {
    let left = this.random.integer(burst.lettersMin, burst.lettersMax);
    const next = (): void => {
      if (!isRunning(life) || !life.member.canAct) return;
      this.send(life, this.random.sample(others, this.random.integer(1, recipientsMax)));
      if (--left > 0) this.mesh.world.after(this.random.between(0, burst.gapMsMax), next);
    };
    next();
  }

  private send(life: Life, to: readonly string[]): LedgerLetter {
    const hasKey = this.random.chance(keyShare);
    const isDelayed = !this.isGood && this.random.chance(delayedShare);
    // Drawn only there: what is sent on one machine stays as it was.
    const hasCopy = this.hasCopies && this.random.chance(copyShare);
    const letter = this.ledger.sent(life, to, { hasKey, hasCopy, isOrdered: !isDelayed });
    const filler = new Uint8Array(
      this.random.chance(largeShare) ? largeBytes : this.random.integer(0, bodyBytesMax),
    );
    const body: Body = { number: letter.number, filler };
    const options: LetterOptions = {
      timeoutMs,
      ...(hasCopy ? { copies: 2 } : {}),
      ...(hasKey ? { idempotencyKey: `letter ${letter.number}` } : {}),
      ...(isDelayed
        ? { notBefore: new Date(life.platform.wallNow() + this.random.integer(1, delayMsMax)) }
        : {}),
    };
    this.ask(letter, body, options);
    return letter;
  }

  private ask(letter: LedgerLetter, body: Body, options: LetterOptions): void {
    const { author, to } = letter;
    this.mesh.world.touchProgram();
    author.node.letters.send(to, body, options).then(
      (sent) => this.ledger.stored(letter, sent),
      (error: unknown) => this.again(letter, body, options, error),
    );
  }

  /** What is unknown is repeated under its key, as a program would. */
  private again(letter: LedgerLetter, body: Body, options: LetterOptions, error: unknown): void {
    const isUnknown = error instanceof SkeinError && error.code === 'SKEIN_TIMEOUT';
    if (!isUnknown || !letter.hasKey || !isRunning(letter.author) || letter.author.isLeaving)
      return this.ledger.failed(letter, error);
    this.ledger.repeated(letter);
    this.ask(letter, body, options);
  }

  // ── handling ──────────────────────────────────────────────────────────────────────────────────────

  private handle(life: Life): void {
    life.node.letters.handle((letter) => this.carryOut(life, letter as Letter<Body>), {
      concurrency: this.random.integer(1, 8),
      attempts: attemptsMax,
    });
    life.node.events.addEventListener('letter:undelivered', ({ detail }) => {
      this.ledger.undelivered(life, detail);
    });
  }

  private carryOut(life: Life, given: Letter<Body>): unknown {
    const letter = this.ledger.begun(life, given.body.number, given);
    if (letter === undefined) return undefined;
    const end = (deed: Deed): void => {
      this.ledger.ended(life, letter, deed);
      if (deed === 'thrown') throw new Error('as planned');
      if (deed === 'refused') throw new SkeinError('SKEIN_REFUSED', 'as planned');
    };
    const draw = this.random.next();
    const deed: Deed =
      draw >= throwShare || this.isGood ? 'handled' : draw < refuseShare ? 'refused' : 'thrown';
    const waitMs = this.isGood ? 0 : this.waitMs();
    if (waitMs === 0) return end(deed);
    return new Promise((resolve, reject) => {
      life.platform.after(waitMs, () => {
        try {
          resolve(end(deed));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  private waitMs(): number {
    const draw = this.random.next();
    if (draw < stuckShare) return stuckMs;
    return draw < stuckShare + slowShare ? this.random.integer(1, slowMsMax) : 0;
  }
}
