/**
 * `letters.send` and its like: drafts for the core, and promises for what becomes of them.
 *
 * Made by the letters facade. Invariant: each letter's promise ends once, also when its node does; a letter whose waiting
 * ended before it was stored may be stored all the same, and its error says that this is unknown.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { Writer } from '../../../kernel/wire/bytes.ts';
import { encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { WaitOptions } from '../../../kit/streams.ts';
import type { LetterOptions, ManyLetter, SentLetter, SentLetterResult } from '../api.ts';
import type { Letters } from '../core/letters.ts';
import type { Draft, LettersEvent, Stored } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import type { LettersFeatureShape } from '../shape.ts';
import { checkLetterOptions, checkMany, checkRecipients } from './check-options.ts';

type Ports = NodePorts<LettersFeatureShape, Letters>;

/** Of one call: what the core hands back with each outcome. */
interface Waiter {
  stored(place: number, stored: Stored): void;
  failed(error: Error): void;
}

interface Handle {
  readonly waiter: Waiter;
  readonly place: number;
}

const typeDefault = 'letter';

export class OutgoingLetters {
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  async send(
    to: readonly string[] | string | undefined,
    body: unknown,
    options: LetterOptions,
  ): Promise<SentLetter> {
    checkLetterOptions(options);
    return this.sendChecked(to === undefined ? undefined : this.recipientsOf(to), body, options);
  }

  /** @param options May have a type that programs cannot give. */
  async sendChecked(
    recipients: readonly string[] | undefined,
    body: unknown,
    options: LetterOptions,
  ): Promise<SentLetter> {
    const draft = draftOf(recipients, body, options, this.ports.settings.letterBytes);
    const [stored] = await this.put([draft], options);
    if (stored?.ok === true) return sent(stored);
    throw SkeinError.from((stored as Extract<Stored, { ok: false }>).failure);
  }

  async sendMany(letters: readonly ManyLetter[], options: WaitOptions): Promise<SentLetterResult[]> {
    checkMany(letters);
    const { letterBytes } = this.ports.settings;
    const drafts = letters.map(({ to, body, ...own }) =>
      draftOf(this.recipientsOf(to), body, own, letterBytes),
    );
    const all = await this.put(drafts, options);
    return all.map((stored) => {
      if (stored.ok) return { ok: true, ...sent(stored) };
      return { ok: false, code: stored.failure.code, message: stored.failure.message };
    });
  }

  stored({ outcomes }: Extract<LettersEvent, { type: 'stored' }>): void {
    for (const { handle, stored } of outcomes) {
      const { waiter, place } = handle as Handle;
      waiter.stored(place, stored);
    }
  }

  end(error: Error | undefined): void {
    const why = error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed');
    for (const handle of this.ports.behavior.author.handles()) (handle as Handle).waiter.failed(why);
  }

  private recipientsOf(to: string | readonly string[]): string[] {
    const names = checkRecipients(to);
    const { name } = this.ports;
    if (names.includes(name))
      throw new SkeinError('SKEIN_SELF', `${name} is this node itself: a node sends no letter to itself`);
    return names;
  }

  private put(drafts: readonly Draft[], options: WaitOptions): Promise<readonly Stored[]> {
    const { timeoutMs = letterLimits.letterTimeoutMs, signal } = options;
    checkNotAborted(signal);
    const { ports } = this;
    return new Promise((resolve, reject) => {
      const cancel = ports.after(timeoutMs, () => settle(() => reject(timedOut(timeoutMs))));
      const abort = (): void => settle(() => reject(aborted(signal)));
      const settle = (act: () => void): void => {
        cancel();
        signal?.removeEventListener('abort', abort);
        act();
      };
      signal?.addEventListener('abort', abort, { once: true });
      const handles = handlesFor(drafts.length, {
        all: (stored) => settle(() => resolve(stored)),
        failed: (error) => settle(() => reject(error)),
      });
      try {
        ports.enter();
        const problem = ports.behavior.author.put(drafts, handles);
        if (problem !== undefined) settle(() => reject(SkeinError.from(problem)));
      } catch (error) {
        settle(() => reject(error as Error));
      }
    });
  }
}

function handlesFor(
  count: number,
  ends: { all(stored: readonly Stored[]): void; failed(error: Error): void },
): Handle[] {
  const all = new Array<Stored>(count);
  let left = count;
  const waiter: Waiter = {
    stored(place, stored) {
      all[place] = stored;
      if (--left === 0) ends.all(all);
    },
    failed: ends.failed,
  };
  return Array.from({ length: count }, (_, place) => ({ waiter, place }));
}

/** @param bytesMax Of the body. */
function draftOf(
  recipients: readonly string[] | undefined,
  body: unknown,
  options: Omit<LetterOptions, 'timeoutMs' | 'signal'>,
  bytesMax: number,
): Draft {
  const {
    type = typeDefault,
    idempotencyKey: key = '',
    notBefore,
    allowUnknown = false,
    copies = 1,
  } = options;
  const { encoding, bytes } = encodeBody(body);
  if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
  return {
    recipients,
    type,
    encoding,
    // It may wait for long, and its memory is the program's.
    body: body instanceof Uint8Array ? bytes.slice() : bytes,
    notBefore: notBefore?.getTime() ?? 0,
    expiresMs: options.expiresMs ?? letterLimits.letterExpiresMs,
    key,
    digest: key === '' ? '' : digestFor(recipients, type, encoding, bytes),
    allowsUnknown: allowUnknown,
    copies,
  };
}

function tooLarge(length: number, bytesMax: number): SkeinError {
  const { letterBytesMax } = letterLimits;
  const more = bytesMax < letterBytesMax ? `, or set letterBytes (up to ${letterBytesMax})` : '';
  const text = `a letter's body of ${length} bytes is over the limit of ${bytesMax}: send a file's place, not the file${more}`;
  return new SkeinError('SKEIN_TOO_LARGE', text);
}

/** Tells whether a key is used for the same letter again. */
function digestFor(
  recipients: readonly string[] | undefined,
  type: string,
  encoding: number,
  bytes: Uint8Array,
): string {
  const names = recipients === undefined ? '*' : [...recipients].sort().join(' ');
  return digestOf(new Writer().text(names).text(type).u8(encoding).raw(bytes).view());
}

function sent({ id, n, isRepeat, isInOutbox = false }: Extract<Stored, { ok: true }>): SentLetter {
  return { id, n, isRepeat, where: isInOutbox ? 'outbox' : 'store' };
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
