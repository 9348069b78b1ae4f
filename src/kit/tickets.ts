/**
 * Things that one client has to decide on, by number: requests to answer, channels to accept.
 *
 * Made by operations, one for each client. Invariant: a ticket is good once, and only for the client that it was given
 * to; whatever is left when that client is gone is given up, once.
 */
import { SkeinError } from '../kernel/errors.ts';

export class Tickets<Thing> {
  private readonly open = new Map<number, Thing>();
  private last = 0;

  issue(thing: Thing): number {
    const ticket = ++this.last;
    this.open.set(ticket, thing);
    return ticket;
  }

  /** @throws SkeinError SKEIN_INVALID */
  take(ticket: number): Thing {
    const taken = this.open.get(ticket);
    if (taken === undefined)
      throw new SkeinError(
        'SKEIN_INVALID',
        `ticket: ${ticket} is none that this client holds: it was decided on, or was given to another client`,
      );
    this.open.delete(ticket);
    return taken;
  }

  drop(ticket: number): Thing | undefined {
    const dropped = this.open.get(ticket);
    this.open.delete(ticket);
    return dropped;
  }
}

/** The tickets of each client, for as long as it is there. */
export class TicketsByCaller<Thing> {
  private readonly byCaller = new WeakMap<object, Tickets<Thing>>();

  of(caller: object): Tickets<Thing> {
    let tickets = this.byCaller.get(caller);
    if (tickets === undefined) {
      tickets = new Tickets();
      this.byCaller.set(caller, tickets);
    }
    return tickets;
  }
}
