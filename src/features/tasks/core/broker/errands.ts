/**
 * What members have said to the broker: carried out as soon as the store can be asked, in order.
 *
 * Used by the office. What is under way when the store is read again is carried out once more: it may be in the store or
 * not. Invariant: each is carried out for good or refused, unless this node is not the broker any more; then its sender
 * says it to the next one.
 */
import type { Failure } from '../../../../kernel/errors.ts';
import type { NodeId } from '../../../../kernel/identity.ts';
import type { Desk, Errand, MessageOf } from './errand.ts';

export interface ErrandsPorts {
  readonly desk: Desk;
  /** The store can be asked, and all that has not ended was read from it. */
  isOpen(): boolean;
  /** Nothing can be written until that is tried again. */
  isFull(): boolean;
  order(errand: Errand<MessageOf<'order'>>): void;
  refuse(errand: Errand<MessageOf<'order'>>, why: Failure): void;
  started(errand: Errand<MessageOf<'started'>>): void;
  ended(errand: Errand<MessageOf<'ended'>>): void;
  /** What needs no store. */
  atOnce(errand: Errand): void;
}

export class Errands {
  private readonly ports: ErrandsPorts;
  /** Said while the store could not be asked, in order. */
  private waiting: Errand[] = [];
  /** Whose operation is under way. */
  private readonly underWay = new Set<Errand>();

  constructor(ports: ErrandsPorts) {
    this.ports = ports;
  }

  received(errand: Errand): void {
    const { office } = this.ports.desk.swarm;
    if ((this.ports.isOpen() && this.waiting.length === 0) || this.isForFullStore(errand))
      return this.carryOut(errand);
    // Its sender finds out who the broker is, and says it to that one.
    if (office.state === 'elsewhere') return;
    this.waiting.push(errand);
    if (office.state === 'failed') this.refuseOrders(office.failure);
  }

  carryOutWaiting(): void {
    for (const errand of this.waiting.splice(0)) this.carryOut(errand);
  }

  /** Nothing of these is in the store: their authors decide. What workers have said waits on. */
  refuseOrders(why: Failure): void {
    if (why.code === 'SKEIN_STORE_CLAIMED' || why.code === 'SKEIN_LOST') return;
    const { waiting } = this;
    const isToRefuse = (errand: Errand): boolean => isOrder(errand) && errand.wasTried !== true;
    this.waiting = waiting.filter((errand) => !isToRefuse(errand));
    for (const errand of waiting) if (isOrder(errand) && isToRefuse(errand)) this.ports.refuse(errand, why);
  }

  /** Its operation has failed: it is carried out once more. */
  later(errand: Errand): void {
    this.underWay.delete(errand);
    this.waiting.push({ ...errand, wasTried: true });
  }

  /** The store is read again. */
  startOver(): void {
    this.waiting.unshift(...[...this.underWay].map((errand) => ({ ...errand, wasTried: true }) as const));
    this.underWay.clear();
  }

  /** What an incarnation that is over has said of its tasks counts, and so do its orders. */
  lifeEnded(node: NodeId): void {
    this.waiting = this.waiting.filter((errand) => errand.from.node !== node || needsStore(errand));
  }

  clear(): void {
    this.waiting = [];
    this.underWay.clear();
  }

  /** In the name of its sender: for one that is not the node of that name nothing is done. */
  private carryOut(errand: Errand): void {
    this.ports.desk.swarm.admit(errand.from, (refusal) => {
      if (refusal === undefined) return this.carryOutAdmitted(errand);
      if (isOrder(errand) && errand.wasTried !== true) this.ports.refuse(errand, refusal);
      else errand.done();
    });
  }

  private carryOutAdmitted(errand: Errand): void {
    const { ports } = this;
    const { message } = errand;
    if (!ports.isOpen() && !this.isForFullStore(errand)) return void this.waiting.push(errand);
    if ('store' in message && message.type !== 'work' && message.store !== ports.desk.storeTag())
      return errand.done();
    switch (message.type) {
      case 'order':
        return ports.order(this.begun(errand) as Errand<MessageOf<'order'>>);
      case 'started':
        return ports.started(this.begun(errand) as Errand<MessageOf<'started'>>);
      case 'ended':
        return ports.ended(this.begun(errand) as Errand<MessageOf<'ended'>>);
      default:
        ports.atOnce(errand);
        return errand.done();
    }
  }

  /** It is under way until it is done. */
  private begun(errand: Errand): Errand {
    const begun: Errand = {
      ...errand,
      done: () => {
        this.underWay.delete(begun);
        errand.done();
      },
    };
    this.underWay.add(begun);
    return begun;
  }

  /** An order is not to wait for room: it is refused by the store, or there is room again. */
  private isForFullStore(errand: Errand): boolean {
    return this.ports.isFull() && isOrder(errand) && this.ports.desk.swarm.office.state === 'open';
  }
}

function isOrder(errand: Errand): errand is Errand<MessageOf<'order'>> {
  return errand.message.type === 'order';
}

function needsStore({ message: { type } }: Errand): boolean {
  return type === 'order' || type === 'ended' || type === 'started';
}
