/**
 * The conversation of a chat: who takes part, what is said, what arrives. The one place where the chat meets letters.
 *
 * Made by `skein chat`. Invariant: a letter is settled once its handler has resolved; one from somebody who did not take
 * part adds its author.
 */
import type { MessageSubscription } from '../../../../kit/streams.ts';
import type { SkeinNode } from '../../../../node/node.ts';

/** Something that was said by somebody else. */
export interface Said {
  readonly from: string;
  readonly body: unknown;
  /** Its author did not take part before. */
  readonly isNew: boolean;
}

export interface Talk {
  /** Names of the others that take part, sorted. */
  others(): Promise<readonly string[]>;
  /** Resolves once it is stored for these. */
  say(text: string): Promise<readonly string[]>;
  /** Resolves with all others that take part then. */
  invite(names: readonly string[]): Promise<readonly string[]>;
  listen(handler: (said: Said) => Promise<void>): MessageSubscription;
}

/** By letters to each of the others; who takes part is known to this program alone. */
export class LettersTalk implements Talk {
  private readonly node: Pick<SkeinNode, 'letters'>;
  private readonly names: Set<string>;

  constructor(node: Pick<SkeinNode, 'letters'>, names: readonly string[]) {
    this.node = node;
    this.names = new Set(names);
  }

  async others(): Promise<readonly string[]> {
    return [...this.names].sort();
  }

  async say(text: string): Promise<readonly string[]> {
    const others = await this.others();
    if (others.length === 0) throw new TypeError('nobody else takes part: invite NAME first');
    await this.node.letters.send(others, text);
    return others;
  }

  async invite(names: readonly string[]): Promise<readonly string[]> {
    for (const name of names) this.names.add(name);
    return this.others();
  }

  listen(handler: (said: Said) => Promise<void>): MessageSubscription {
    // One after the other, as they are to be read.
    return this.node.letters.handle(
      ({ from, body }) => {
        const isNew = !this.names.has(from);
        this.names.add(from);
        return handler({ from, body, isNew });
      },
      { concurrency: 1 },
    );
  }
}
