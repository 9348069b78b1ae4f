/**
 * What programs have done with conversations, and what was reported to them, judged by the history of the store.
 *
 * Who calls it: the conversations workload. What an act has answered must have been so at some moment between its begin
 * and its end; a word is a letter to all others that took part at such a moment, handled by each of them. Invariant: it
 * only records and complains.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import type { Disk } from '../../../sim/world/machine/disk.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Machines } from '../../swarm/sim/machines.ts';
import type { Letter, SentLetter } from '../api.ts';
import type { TalkHistory } from './talk-history.ts';

export interface Act {
  readonly life: Life;
  readonly what: string;
  /** Undefined: of a conversation that is being begun. */
  readonly talk: string | undefined;
  readonly from: number;
  isOver: boolean;
}

export interface Word extends Act {
  readonly number: number;
  readonly talk: string;
  /** World time at which its outcome was reported. */
  until: number;
  outcome: string | undefined;
  /** Of its author, where only that one had it. */
  ownDisk: Disk | undefined;
  /** As the letter says; undefined: nobody has seen it. */
  to: readonly string[] | undefined;
  readonly handledBy: Set<Life>;
}

interface Parts {
  readonly mesh: Mesh;
  readonly checks: CheckCounts;
  readonly history: TalkHistory;
  readonly machines: Machines;
}

/** Codes that any act may end with; `SKEIN_INVALID` is judged by the history. */
const expected = new Set([
  ...['SKEIN_TIMEOUT', 'SKEIN_UNKNOWN_NODE', 'SKEIN_BUSY', 'SKEIN_STORE_FULL', 'SKEIN_LOST'],
  ...['SKEIN_NAME_PINNED', 'SKEIN_MAILBOX_FULL'],
]);

export class TalkLedger {
  readonly counts: Record<string, number> = {};
  readonly words: Word[] = [];
  private readonly parts: Parts;
  private readonly acts: Act[] = [];

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get outstanding(): Act[] {
    return this.acts.filter(({ life, isOver }) => !isOver && isRunning(life));
  }

  begun(life: Life, what: string, talk?: string): Act {
    const act = { life, what, talk, from: this.now, isOver: false };
    this.acts.push(act);
    return act;
  }

  said(life: Life, talk: string): Word {
    const word: Word = {
      ...this.begun(life, 'say', talk),
      ...{ talk, number: this.words.length, until: Number.POSITIVE_INFINITY },
      ...{ outcome: undefined, ownDisk: undefined, to: undefined, handledBy: new Set() },
    };
    this.acts[this.acts.length - 1] = word;
    this.words.push(word);
    return word;
  }

  /** @param participants Who takes part, as its answer says. */
  answered(act: Act, talk: string, participants: readonly string[]): void {
    this.over(act, act.what);
    count(this.parts.checks, 'answers about participants are true', 1);
    const text = participants.join(' ');
    if (!this.wasEver(act, talk, (names) => names.join(' ') === text))
      this.fail(act, `was answered with [${text}]; there are [${this.parts.history.now(talk).join(' ')}]`);
  }

  /** It has begun with these. */
  opened(act: Act, talk: string, guests: readonly string[]): void {
    this.over(act, act.what);
    const all = [act.life.node.name, ...guests];
    if (!this.wasEver(act, talk, (names) => all.every((name) => names.includes(name))))
      this.fail(
        act,
        `has begun ${talk} with [${this.parts.history.now(talk).join(' ')}], not with all of [${all.join(' ')}]`,
      );
  }

  /** What is wrong with this answer of a node in a mesh at rest. */
  disagreement(talk: string, said: readonly string[] | string): string | undefined {
    count(this.parts.checks, 'participants agree at rest', 1);
    const now = this.parts.history.now(talk).join(' ');
    if (typeof said === 'string') return `cannot say who takes part: ${said}`;
    if (said.join(' ') === now || this.parts.machines.lostAt > 0) return undefined;
    return `says that [${said.join(' ')}] take part; the store has [${now}]`;
  }

  /** What is wrong with the list of the conversations that this name takes part in. */
  wrongList(name: string, listed: readonly string[] | string): string | undefined {
    const { history, machines } = this.parts;
    if (typeof listed === 'string') return `cannot list its conversations: ${listed}`;
    const own = history.ids.filter((talk) => history.now(talk).includes(name)).sort();
    if (own.join(' ') === [...listed].sort().join(' ') || machines.lostAt > 0) return undefined;
    return `takes part in ${own.length} conversations, and lists ${listed.length}`;
  }

  /** All that were ever begun, also where their author does not know it. */
  get talks(): string[] {
    return this.parts.history.ids;
  }

  isStranger(life: Life): boolean {
    return this.parts.machines.isStranger(life);
  }

  left(act: Act, talk: string): void {
    this.over(act, act.what);
    count(this.parts.checks, 'answers about participants are true', 1);
    if (!this.wasEver(act, talk, (names) => !names.includes(act.life.node.name)))
      this.fail(act, 'has resolved, and it takes part all the time');
  }

  stored(word: Word, { where }: SentLetter): void {
    if (where === 'outbox') word.ownDisk = word.life.member.host.ownDisk;
    word.until = this.now;
    word.outcome = 'stored';
    this.over(word, 'said');
    this.judgeRecipients(word);
  }

  failed(act: Act, error: unknown): void {
    const code = error instanceof SkeinError ? error.code : String(error);
    const hasEnded = code === 'SKEIN_CLOSED' || !isRunning(act.life) || act.life.isLeaving;
    this.over(act, hasEnded ? 'author ended' : code);
    if ('outcome' in act) Object.assign(act, { outcome: code, until: this.now });
    if (!hasEnded && !expected.has(code) && !this.mayBe(act, code))
      this.fail(act, `ended with ${String(error)}`);
  }

  /** A word is handed to somebody. */
  handed(life: Life, number: number, letter: Letter): void {
    const word = this.words[number];
    const { name } = life.node;
    if (word === undefined || letter.conversation !== word.talk || letter.from !== word.life.node.name)
      return this.parts.mesh.world.fail(`${name} was handed word ${number}, which nobody has said so`);
    count(this.parts.checks, 'words reach the participants', 1);
    const to = [...letter.to].sort();
    if (word.to !== undefined && word.to.join(' ') !== to.join(' '))
      this.fail(word, `is to [${to.join(' ')}], and to [${word.to.join(' ')}] at another time`);
    word.to = to;
    if (!to.includes(name)) this.fail(word, `is handed to ${name}, and is to [${to.join(' ')}]`);
    if (word.handledBy.has(life) && !this.mayBeForgotten(word))
      this.fail(word, `is handed again to ${name}, which has handled it`);
    this.judgeRecipients(word);
  }

  handled(life: Life, number: number): void {
    if (isRunning(life)) this.words[number]?.handledBy.add(life);
  }

  /** The letter that has this word is to these, as the swarm says. */
  found(word: Word, to: readonly string[]): void {
    word.to = [...to].sort();
    this.judgeRecipients(word);
  }

  /** Stored, and not handled by somebody that it is to and that runs. */
  get owed(): Word[] {
    const { living } = this.parts.mesh;
    const names = new Set(living.filter((life) => !this.isStranger(life)).map(({ node }) => node.name));
    return this.words.filter((word) => {
      if (word.outcome !== 'stored' || this.mayBeForgotten(word) || this.isGone(word)) return false;
      const handled = new Set([...word.handledBy].map(({ node }) => node.name));
      return word.to === undefined || word.to.some((name) => names.has(name) && !handled.has(name));
    });
  }

  /** Said by a node that is not the one of its name, or in the outbox of one that is off or has lost its disk. */
  private isGone({ life, ownDisk }: Word): boolean {
    const { member } = life;
    const isLost = member.life === undefined || member.host.ownDisk !== ownDisk;
    return this.isStranger(life) || (ownDisk !== undefined && isLost);
  }

  /** A word is for all others that took part at one moment between its begin and its end. */
  private judgeRecipients(word: Word): void {
    const { to, life } = word;
    if (to === undefined) return;
    const { name } = life.node;
    const text = to.join(' ');
    const fits = (names: readonly string[]) =>
      names.includes(name) && names.filter((each) => each !== name).join(' ') === text;
    if (!this.wasEver(word, word.talk, fits))
      this.fail(word, `is to [${text}]; now [${this.parts.history.now(word.talk).join(' ')}] take part`);
  }

  private mayBe({ what, talk, life, from }: Act, code: string): boolean {
    if (code === 'SKEIN_STORE_ELSEWHERE') return this.parts.machines.all.length > 1;
    if (code !== 'SKEIN_INVALID' || talk === undefined) return false;
    const { name } = life.node;
    const isAlone = (names: readonly string[]) => names.every((each) => each === name);
    const isNone = (names: readonly string[]) => names.length === 0;
    return this.parts.history.wasEver(talk, from, this.now, what === 'say' ? isAlone : isNone);
  }

  private wasEver(act: Act, talk: string, fits: (names: readonly string[]) => boolean): boolean {
    if (this.mayBeForgotten(act)) return true;
    const until = 'until' in act ? Math.min(this.now, (act as Word).until) : this.now;
    return this.parts.history.wasEver(talk, act.from, until, fits);
  }

  /** The disk of the store was lost since. */
  private mayBeForgotten({ from }: Act): boolean {
    return from <= this.parts.machines.lostAt;
  }

  private over(act: Act, outcome: string): void {
    act.isOver = true;
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
  }

  private get now(): number {
    return this.parts.mesh.world.now;
  }

  private fail({ life, what, talk, ...rest }: Act, text: string): void {
    const which = 'number' in rest ? `word ${(rest as Partial<Word>).number}` : what;
    this.parts.mesh.world.fail(
      `${which} of ${life.member.name} in ${talk?.slice(0, 6) ?? 'a new conversation'} ${text}`,
    );
  }
}
