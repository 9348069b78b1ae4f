/**
 * Who lies, until when, and whom that may harm: what the checkers may excuse, and nothing more.
 *
 * Who calls it: the fault tells it, the checkers ask. A record is believed only with the signature of the
 * life that it names, so most lies harm nobody: what is known of others, and all that passes by others, must
 * stay right. Invariant: a lie excuses what it could have caused and ends when its effects must be over.
 */
/**
 * `nobody`: what it says of others is refused, and it may withhold. `itself`: what it says of itself is
 * untrue, and so are ways that lead by it. `names`: it invents lives under the names of others, who then are
 * out of reach until they have outbid it.
 */
export type Harm = 'nobody' | 'itself' | 'names';

interface Lie {
  /** One run of a member's program. */
  readonly life: object;
  readonly harm: Harm;
  /** Infinity: it lasts. */
  until: number;
}

export class Liars {
  private readonly lies: Lie[] = [];
  private readonly now: () => number;
  private readonly lingersMs: number;

  /** @param lingersMs For so long after its end a lie may still be believed by some. */
  constructor(now: () => number, lingersMs: number) {
    this.now = now;
    this.lingersMs = lingersMs;
  }

  /** The function that is returned ends it. */
  began(life: object, harm: Harm): () => void {
    const lie: Lie = { life, harm, until: Number.POSITIVE_INFINITY };
    this.lies.push(lie);
    return () => {
      lie.until = this.now();
    };
  }

  /** Until when somebody lied in any way. */
  get lyingUntil(): number {
    return lastOf(this.lies);
  }

  /** Until when the maps of honest nodes may differ: of a liar, or of those whose names it used. */
  get misleadUntil(): number {
    return lastOf(this.lies.filter(({ harm }) => harm !== 'nobody')) + this.lingersMs;
  }

  /** Until when any node may be held for another life, and so for gone. */
  get takeNamesUntil(): number {
    return lastOf(this.lies.filter(({ harm }) => harm === 'names')) + this.lingersMs;
  }

  /** Until when there is traffic that only lies have caused. */
  get disturbUntil(): number {
    return this.lyingUntil + this.lingersMs;
  }

  /** It has lied since then, or some may have believed it since: what goes by it, or is said of it, proves nothing. */
  isSuspect(life: object, since: number): boolean {
    return this.lies.some((lie) => lie.life === life && lie.until + this.lingersMs >= since);
  }

  /** Records of its own that it never announced may be about for ever, with its signature. */
  hasLiedOfItself(life: object): boolean {
    return this.lies.some((lie) => lie.life === life && lie.harm !== 'nobody');
  }
}

function lastOf(lies: readonly Lie[]): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...lies.map(({ until }) => until));
}
