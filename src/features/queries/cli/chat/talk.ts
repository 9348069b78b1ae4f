/**
 * The conversation of a chat: which one is current, who takes part in it, what is said, what arrives. The one place where
 * the chat meets letters.
 *
 * Made by `skein chat`. The swarm keeps the conversations and who takes part in them; this program knows which one is
 * current. Invariant: what arrives never takes the place of a conversation that is current, or that was asked for, so
 * that a line goes to nobody but those it was typed for.
 */

import { findId } from '../../../../cli/kit/short-id.ts';
import { SkeinError } from '../../../../kernel/index.ts';
import type { MessageSubscription } from '../../../../kit/streams.ts';
import type { SkeinNode } from '../../../../node/node.ts';
import type { ConversationView } from '../../../conversations/api.ts';
import type { Letter } from '../../../letters/api.ts';
import { conversations } from './ids.ts';

/** Something that was said by somebody else. */
export interface Said {
  readonly from: string;
  readonly body: unknown;
  /** Its conversation, where that is not the current one. */
  readonly elsewhere: string | undefined;
  readonly notice: Notice | undefined;
}

/** What goes with something that was said. */
export type Notice =
  /** Its conversation is the current one from now on. */
  | { readonly type: 'joined'; readonly current: Current }
  /** These take part in the current conversation, and did not before. */
  | { readonly type: 'newcomers'; readonly names: readonly string[] }
  /** It is the first thing that this program shows of another conversation. */
  | { readonly type: 'elsewhere' };

/** The conversation that `say` speaks in. */
export interface Current {
  readonly id: string;
  /** As the swarm said last. */
  readonly participants: readonly string[];
}

export type Place =
  /** Guests take part in the one that is begun next. */
  { readonly type: 'none'; readonly guests: readonly string[] } | ({ readonly type: 'current' } & Current);

/** Conversations that were shown: with more the hint for the oldest ones comes again. */
const shownMax = 1000;

export class Talk {
  private readonly node: Pick<SkeinNode, 'letters' | 'name'>;
  private place: Place;
  private readonly shown = new Set<string>();

  constructor(node: Pick<SkeinNode, 'letters' | 'name'>, guests: readonly string[]) {
    this.node = node;
    this.place = { type: 'none', guests };
  }

  /** Resolves with those it is stored for; undefined: it is stored, and for whom could not be asked. */
  async say(text: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { id } = this.place.type === 'current' ? this.place : await this.begin([], signal);
    const { letters } = this.node;
    const sent = await letters.conversation(id).say(text, { signal });
    // It is stored, and must not look as if it were not.
    const status = await letters.status(sent.id).catch(() => undefined);
    return status?.recipients.map(({ name }) => name);
  }

  /** These take part in the current conversation, else in one that is begun. */
  async invite(names: readonly string[], signal: AbortSignal): Promise<Current> {
    if (this.place.type === 'none') return this.begin(names, signal);
    const { id } = this.place;
    return this.learned(id, await this.node.letters.conversation(id).invite(names));
  }

  /** Begins another conversation, which is the current one from then on. */
  async converse(names: readonly string[], signal: AbortSignal): Promise<Current> {
    const { id } = await this.node.letters.converse(names);
    const participants = await this.participants(id);
    signal.throwIfAborted();
    return this.use({ id, participants });
  }

  /** @param given An id, or the first digits of one of this node's. */
  async goOn(given: string, signal: AbortSignal): Promise<Current> {
    const id = await findId(conversations, given, async () =>
      (await this.conversations()).map(({ id }) => id),
    );
    const participants = await this.participants(id);
    if (participants.length === 0)
      throw new Error(
        `there is no conversation ${id}: nobody takes part in it any more, or it was never begun`,
      );
    signal.throwIfAborted();
    return this.use({ id, participants });
  }

  /** Resolves with the id of the one that this node has left; afterwards none is current. */
  async leave(): Promise<string> {
    const { place } = this;
    if (place.type === 'none') throw new TypeError('there is no conversation to leave: none is current');
    await this.node.letters.conversation(place.id).leave();
    if (this.isCurrent(place.id)) this.place = { type: 'none', guests: [] };
    return place.id;
  }

  /** With who takes part now. */
  async who(): Promise<Place> {
    const { place } = this;
    if (place.type === 'none') return place;
    return { type: 'current', ...this.learned(place.id, await this.participants(place.id)) };
  }

  /** Those that this node takes part in, the oldest first. */
  async conversations(): Promise<ConversationView[]> {
    return (await this.node.letters.conversations()).sort((a, b) => a.startedAt - b.startedAt);
  }

  isCurrent(id: string): boolean {
    return this.place.type === 'current' && this.place.id === id;
  }

  listen(handler: (said: Said) => Promise<void>): MessageSubscription {
    // One after the other, as they are to be read.
    const options = { conversations: true, concurrency: 1 };
    return this.node.letters.handle(async (letter) => handler(await this.received(letter)), options);
  }

  private async begin(names: readonly string[], signal: AbortSignal): Promise<Current> {
    const guests = this.place.type === 'none' ? [...this.place.guests, ...names] : names;
    if (guests.length === 0) throw new TypeError('nobody else takes part: invite NAME first');
    return this.converse(guests, signal);
  }

  private async received({ conversation: id, type, from, body }: Letter): Promise<Said> {
    // A member that lies may name a letter so.
    if (id === undefined) throw new SkeinError('SKEIN_REFUSED', `"${type}" is the type of no conversation`);
    const notice = await this.noticeOf(id, from);
    this.show(id);
    return { from, body, elsewhere: this.isCurrent(id) ? undefined : id, notice };
  }

  private async noticeOf(id: string, from: string): Promise<Notice | undefined> {
    const { place } = this;
    if (place.type === 'current' && place.id === id)
      return place.participants.includes(from) ? undefined : this.newcomers(place, from);
    if (place.type === 'none' && place.guests.length === 0) {
      const participants = await this.participants(id).catch((): readonly string[] => []);
      // What was said before this node left still comes: it must not bring it back.
      if (participants.includes(this.node.name) && this.place === place)
        return { type: 'joined', current: this.use({ id, participants }) };
    }
    return this.shown.has(id) ? undefined : { type: 'elsewhere' };
  }

  private async newcomers({ id, participants: before }: Current, from: string): Promise<Notice | undefined> {
    const participants = await this.participants(id).catch(() => [...before, from]);
    const names = participants.filter((name) => !before.includes(name));
    this.learned(id, participants);
    return names.length === 0 ? undefined : { type: 'newcomers', names };
  }

  private participants(id: string): Promise<readonly string[]> {
    return this.node.letters.conversation(id).participants();
  }

  private use(current: Current): Current {
    this.place = { type: 'current', ...current };
    this.show(current.id);
    return current;
  }

  /** Another one may be the current one by now. */
  private learned(id: string, participants: readonly string[]): Current {
    if (this.isCurrent(id)) this.place = { type: 'current', id, participants };
    return { id, participants };
  }

  private show(id: string): void {
    this.shown.add(id);
    if (this.shown.size > shownMax) this.shown.delete(this.shown.values().next().value as string);
  }
}
