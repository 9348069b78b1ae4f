/**
 * Lists that another node answers in pages: where the next page begins, and that each of them gets on.
 *
 * Used by all that asks on. What answers may be faulty, or lie, and must not keep its caller for ever. Invariant: there is a
 * next page only behind one that brought something new, or that ended behind the place that it was asked for; what a page
 * brings lies behind that place, in the order of the list. Anything else is SKEIN_PROTOCOL.
 */
import { SkeinError } from '../kernel/errors.ts';

/** Names, or numbers of a store. */
export type ListPlace = string | number;

export interface ListOrder<Place extends ListPlace> {
  /** The question, for errors. */
  readonly what: string;
  /** The first page begins behind it. */
  readonly begin: Place;
  /** From the last one back to the first. Default: the other way. */
  readonly isBackward?: boolean;
}

export interface PageEnd<Place extends ListPlace> {
  readonly isMore: boolean;
  /** Where it ends: all before this was looked at, wanted or not. Default: the last place that it brings. */
  readonly end?: Place;
}

/** Of names, and of what one program lists at once: a hundred times more than we mean. */
const listedMax = 1_000_000;
/** Of pages that bring nothing in a row, though each looks further: a log of 1 GiB has 4,096, of 256 KiB each. */
const emptyPagesMax = 100_000;

export class ListPages<Place extends ListPlace> {
  private readonly order: ListOrder<Place>;
  private emptyPages = 0;
  private last: Place;

  constructor(order: ListOrder<Place>) {
    this.order = order;
    this.last = order.begin;
  }

  /** The next page begins behind it. */
  get place(): Place {
    return this.last;
  }

  /**
   * @param places Of what a page brings, as it brings them.
   * @returns There is a next page.
   * @throws SkeinError SKEIN_PROTOCOL
   */
  take(places: readonly Place[], { isMore, end }: PageEnd<Place>): boolean {
    const { isBackward = false } = this.order;
    const asked = this.last;
    // A page that goes back brings what it has in the order of the list all the same.
    for (const place of isBackward ? [...places].reverse() : places) this.moveTo(place);
    if (end !== undefined && end !== this.last) this.moveTo(end);
    if (!isMore) return false;
    if (this.last === asked) throw this.problem(`there is more behind ${shown(asked)}, and nothing of it`);
    this.emptyPages = places.length === 0 ? this.emptyPages + 1 : 0;
    if (this.emptyPages > emptyPagesMax) throw this.problem(`${emptyPagesMax} pages without anything`);
    return true;
  }

  private moveTo(place: Place): void {
    const isBehind = this.order.isBackward === true ? place < this.last : place > this.last;
    if (!isBehind) throw this.problem(`${shown(place)} behind ${shown(this.last)}`);
    this.last = place;
  }

  private problem(answered: string): SkeinError {
    const { what } = this.order;
    return new SkeinError('SKEIN_PROTOCOL', `${what}: a list that does not get on was answered: ${answered}`);
  }
}

/** All of a list. @param ask For the page behind this place. @throws SkeinError SKEIN_PROTOCOL */
export async function allPages<Item, Place extends ListPlace>(
  order: ListOrder<Place> & { readonly placeOf: (item: Item) => Place },
  ask: (after: Place) => Promise<{ readonly items: readonly Item[]; readonly isMore: boolean }>,
): Promise<Item[]> {
  const pages = new ListPages(order);
  const found: Item[] = [];
  for (;;) {
    const { items, isMore } = await ask(pages.place);
    const isNext = pages.take(items.map(order.placeOf), { isMore });
    found.push(...items);
    if (!isNext) return found;
    if (found.length < listedMax) continue;
    throw new SkeinError('SKEIN_PROTOCOL', `${order.what}: more than ${listedMax} items were answered`);
  }
}

function shown(place: ListPlace): string {
  return typeof place === 'number' ? `${place}` : `"${place}"`;
}
