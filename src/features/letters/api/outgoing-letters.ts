/**
 * `letters.send` and its like: drafts for the core, and promises for what becomes of them.
 *
 * Made by the letters facade. Invariant: each letter's promise ends once, also when its node does; a letter whose waiting
 * ended before it was stored may be stored all the same, and its error says that this is unknown.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { SmallCopies } from '../../../kernel/parts/small-copies.ts';
import { Writer } from '../../../kernel/wire/bytes.ts';
import { encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { WaitOptions } from '../../../kit/streams.ts';
import { whenAborted } from '../../../kit/when-aborted.ts';
import { isConversationLabel } from '../../conversations/core/shared.ts';
import type { LetterOptions, ManyLetter, SentLetter, SentLetterResult } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { Draft, LettersEvent, Stored } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkLetterOptions, checkMany, checkRecipients } from './check-options.ts';

type Ports = NodePorts<LettersFeatureShape, Letters>;

/** What the core hands back with each outcome: the call, and which of its letters. */
interface Handle {
  readonly call: Call;
  readonly place: number;
}

const typeDefault = 'letter';

/** One call, of one letter or of many. */
class Call {
  private readonly outcomes: Stored[];
  private left: number;
  private forget: () => void = () => undefined;
  private readonly cancel: () => void;
  private readonly resolve: (outcomes: readonly Stored[]) => void;
  private readonly reject: (error: Error) => void;

  constructor(
    count: number,
    { timeoutMs = letterLimits.letterTimeoutMs, signal }: WaitOptions,
    after: Ports['after'],
    ends: { resolve(outcomes: readonly Stored[]): void; reject(error: Error): void },
  ) {
    this.outcomes = new Array<Stored>(count);
    this.left = count;
    this.resolve = ends.resolve;
    this.reject = ends.reject;
    this.cancel = after(timeoutMs, () => this.failed(timedOut(timeoutMs)));
    this.forget = whenAborted(signal, () => this.failed(aborted(signal)));
  }

  handles(): Handle[] {
    return Array.from({ length: this.left }, (_, place) => ({ call: this, place }));
  }

  stored(place: number, stored: Stored): void {
    this.outcomes[place] = stored;
    if (--this.left > 0) return;
    this.end();
    this.resolve(this.outcomes);
  }

  failed(error: Error): void {
    this.end();
    this.reject(error);
  }

  private end(): void {
    this.cancel();
    this.forget();
  }
}

export class OutgoingLetters {
  private readonly ports: Ports;
  private readonly copies = new SmallCopies();
  private readonly after: Ports['after'];

  constructor(ports: Ports) {
    this.ports = ports;
    this.after = (milliseconds, callback) => ports.after(milliseconds, callback);
  }

  async send(
    to: readonly string[] | string | undefined,
    body: unknown,
    options: LetterOptions = {},
  ): Promise<SentLetter> {
    this.ports.checkOpen();
    checkLetterOptions(options);
    return sentOne(await this.putOne(to === undefined ? undefined : this.recipientsOf(to), body, options));
  }

  /** @param options May have a type that programs cannot give. */
  async sendChecked(
    recipients: readonly string[] | undefined,
    body: unknown,
    options: LetterOptions,
  ): Promise<SentLetter> {
    return sentOne(await this.putOne(recipients, body, options));
  }

  async sendMany(letters: readonly ManyLetter[], options: WaitOptions = {}): Promise<SentLetterResult[]> {
    this.ports.checkOpen();
    checkMany(letters);
    const drafts = letters.map(({ to, body, ...own }) => this.draftOf(this.recipientsOf(to), body, own));
    const all = await this.put(drafts, options);
    return all.map((stored) => {
      if (stored.ok) return { ok: true, ...sent(stored) };
      return { ok: false, code: stored.failure.code, message: stored.failure.message };
    });
  }

  stored({ outcomes }: Extract<LettersEvent, { type: 'stored' }>): void {
    for (const { handle, stored } of outcomes) {
      const { call, place } = handle as Handle;
      call.stored(place, stored);
    }
  }

  end(error: Error | undefined): void {
    const why = error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed');
    for (const handle of this.ports.behavior.author.handles()) (handle as Handle).call.failed(why);
  }

  private recipientsOf(to: string | readonly string[]): string[] {
    const names = checkRecipients(to);
    const { name } = this.ports;
    if (names.includes(name))
      throw new SkeinError('SKEIN_SELF', `${name} is this node itself: a node sends no letter to itself`);
    return names;
  }

  private draftOf(
    recipients: readonly string[] | undefined,
    body: unknown,
    options: Omit<LetterOptions, 'timeoutMs' | 'signal'>,
  ): Draft {
    const {
      type = typeDefault,
      idempotencyKey: key = '',
      notBefore,
      allowUnknown = false,
      copies = 1,
    } = options;
    const { encoding, bytes } = encodeBody(body);
    const { letterBytes } = this.ports.settings;
    if (bytes.length > letterBytes) throw tooLarge(bytes.length, letterBytes);
    return {
      recipients,
      type,
      encoding,
      // It may wait for long, and its memory is the program's.
      body: body instanceof Uint8Array ? this.copies.copyOf(bytes) : bytes,
      notBefore: notBefore?.getTime() ?? 0,
      expiresMs: options.expiresMs ?? letterLimits.letterExpiresMs,
      key,
      digest: key === '' ? '' : digestFor(recipients, type, encoding, bytes),
      allowsUnknown: allowUnknown,
      copies,
    };
  }

  private putOne(
    recipients: readonly string[] | undefined,
    body: unknown,
    options: LetterOptions,
  ): Promise<readonly Stored[]> {
    return this.put([this.draftOf(recipients, body, options)], options);
  }

  private put(drafts: readonly Draft[], options: WaitOptions): Promise<readonly Stored[]> {
    checkNotAborted(options.signal);
    const { ports } = this;
    return new Promise((resolve, reject) => {
      const call = new Call(drafts.length, options, this.after, { resolve, reject });
      try {
        ports.enter();
        const problem = ports.behavior.author.put(drafts, call.handles());
        if (problem !== undefined) call.failed(SkeinError.from(problem));
      } catch (error) {
        call.failed(error as Error);
      }
    });
  }
}

function sentOne([stored]: readonly Stored[]): SentLetter {
  if (stored?.ok === true) return sent(stored);
  throw SkeinError.from((stored as Extract<Stored, { ok: false }>).failure);
}

function tooLarge(length: number, bytesMax: number): SkeinError {
  const { letterBytesMax } = letterLimits;
  const more = bytesMax < letterBytesMax ? `, or set letterBytes (up to ${letterBytesMax})` : '';
  const text = `a letter's body of ${length} bytes is over the limit of ${bytesMax}: send a file's place, not the file${more}`;
  return new SkeinError('SKEIN_TOO_LARGE', text);
}

/**
 * Tells whether a key is used for the same letter again. What is said in a conversation is the same, also where others take part at
 * the time: its type names the conversation.
 */
function digestFor(
  recipients: readonly string[] | undefined,
  type: string,
  encoding: number,
  bytes: Uint8Array,
): string {
  const isToAll = recipients === undefined || isConversationLabel(type);
  const names = isToAll ? '*' : [...recipients].sort().join(' ');
  return digestOf(new Writer().text(names).text(type).u8(encoding).raw(bytes).view());
}

function sent({ id, n, isRepeat, isInOutbox = false }: Extract<Stored, { ok: true }>): SentLetter {
  const where = n === 0 ? 'outbox' : isInOutbox ? 'both' : 'store';
  return { id, n, isRepeat, where };
}

function checkNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new SkeinError('SKEIN_ABORTED', 'aborted by the caller before anything was sent', {
    cause: signal.reason,
  });
}

const unknown =
  'it may be stored already, or be stored yet: to repeat it without harm give an idempotencyKey';

function aborted(signal: AbortSignal | undefined): SkeinError {
  return new SkeinError('SKEIN_ABORTED', `aborted by the caller; ${unknown}`, { cause: signal?.reason });
}

function timedOut(timeoutMs: number): SkeinError {
  return new SkeinError(
    'SKEIN_TIMEOUT',
    `the swarm has not confirmed the letter within ${timeoutMs} ms; ${unknown}`,
  );
}
