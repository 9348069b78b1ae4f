/**
 * One worker as the broker knows it: what it offers and has, which tasks it has in hand, and the room that is left.
 *
 * Matching makes them. A task in hand takes room from its offer on; one that waits in the worker's own queue takes none
 * until it begins, and is first to get what room comes free. Invariant: what a worker says of itself is clamped, so no
 * claim of it makes a sum negative or not a number; room that is overdrawn counts as none.
 */
import { idOf, type NodeId } from '../../../../kernel/identity.ts';
import { taskLimits } from '../limits.ts';
import { LocalQueue, type MayBegin } from '../local-queue.ts';
import type { Capacity, Offered, Requirements } from '../requirements.ts';
import { Room } from '../room.ts';
import type { Priority } from '../tasks-types.ts';
import type { HeapPlaces } from './indexed-heap.ts';
import type { CoresAndMemory, Shape, ShapeTable, Taker, Way } from './shapes.ts';

/** What a worker says of itself. */
export interface WorkerFacts {
  readonly name: string;
  /** Its incarnation. */
  readonly life: number;
  readonly services: readonly Offered[];
  readonly capacity: Capacity;
  readonly isDraining: boolean;
  /** Its node says that it takes no work. Default: it does. */
  readonly isUnavailable?: boolean;
}

/** A task that a worker has in hand. */
export interface Held {
  readonly n: number;
  readonly service: string;
  readonly needs: Requirements;
  readonly priority: Priority;
  /** The incarnation that has it: only that of the worker takes its room. */
  readonly life: number;
  /** `queued`: it is in nobody's hand. */
  state: 'queued' | 'offered' | 'assigned' | 'running';
  /** It is in the worker's own queue. */
  isWaiting: boolean;
  /** When it came to be as it is: Unix milliseconds. */
  since: number;
}

/** A service that a worker offers, within what any worker can have, and the tasks of it that it has in hand. */
export class Post implements Offered {
  readonly service: string;
  readonly concurrency: number;
  readonly queue: number;
  readonly isIdempotent: boolean;
  begun = 0;
  waiting = 0;

  constructor({ service, concurrency, queue, isIdempotent }: Offered) {
    this.service = service;
    this.concurrency = clamped(concurrency, taskLimits.taskConcurrencyMax);
    this.queue = clamped(queue, taskLimits.taskQueueMax);
    this.isIdempotent = isIdempotent;
  }
}

interface Declined {
  readonly until: number;
  readonly reason: string;
}

export class Worker implements HeapPlaces, Taker {
  readonly heapPlaces = [-1, -1];
  readonly name: string;
  readonly node: NodeId;
  life = 0;
  isHere = false;
  isDraining = false;
  isUnavailable = false;
  readonly services = new Map<string, Post>();
  readonly room = new Room();
  readonly held = new Map<number, Held>();
  /** By shape; of an empty one: of all. */
  readonly declined = new Map<string, Declined>();
  /** It gets nothing else until the first task of this shape fits. */
  keptFor: Shape | undefined;
  private readonly queue = new LocalQueue<Held>();
  private offers = 0;
  /** One that waits in its queue needs room and nothing else. */
  isOwedRoom = false;

  constructor(name: string) {
    this.name = name;
    this.node = idOf(name);
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Another task may be offered to it. */
  get isOpen(): boolean {
    return this.takesTasks && this.offers < taskLimits.tasksPerOfferMax && !this.hasAll;
  }

  /** It can have no more, whatever its places. */
  get hasAll(): boolean {
    return this.held.size >= taskLimits.taskClaimsMax;
  }

  /** As far as it has said itself. */
  get takesTasks(): boolean {
    return this.isHere && !this.isDraining && !this.isUnavailable;
  }

  /** Tasks of some service may wait in it. */
  get hasQueues(): boolean {
    for (const { queue } of this.services.values()) if (queue > 0) return true;
    return false;
  }

  /** In the order in which it begins with them. */
  get inQueue(): Iterable<Held> {
    return this.queue;
  }

  work({ life, services, capacity, isDraining, isUnavailable = false }: WorkerFacts): void {
    this.life = life;
    this.isHere = true;
    this.isDraining = isDraining;
    this.isUnavailable = isUnavailable;
    this.describe(services, capacity);
    this.recount();
  }

  /** Takes down what it offers and has, within what any worker can have. */
  describe(services: readonly Offered[], capacity: Capacity): void {
    this.services.clear();
    for (const one of services) this.services.set(one.service, new Post(one));
    this.room.resize({
      cores: clamped(capacity.cores, taskLimits.taskUnitsMax),
      memory: clamped(capacity.memory, taskLimits.taskMemoryMax),
      software: capacity.software,
      resources: capacity.resources.map(([kind, count]) => [kind, clamped(count, taskLimits.taskUnitsMax)]),
    });
  }

  /** It has what the tasks of this table need, whatever their numbers. */
  canServe({ software, kinds }: Pick<ShapeTable, 'software' | 'kinds'>): boolean {
    const { room } = this;
    return software.every((word) => room.hasSoftware(word)) && kinds.every((kind) => room.hasKind(kind));
  }

  /** A task of the service can come to it this way, as far as its places go. */
  hasPlace(service: string, way: Way): boolean {
    const post = this.services.get(service);
    return post !== undefined && this.hasPlaceAt(post, way);
  }

  hasPlaceAt({ concurrency, queue, begun, waiting }: Readonly<Post>, way: Way): boolean {
    if (way === 'in-queue') return waiting < queue && concurrency > 0 && this.isOpen;
    return begun < concurrency && waiting === 0 && !this.isOwedRoom && this.isOpen;
  }

  /** What a task may need that comes this way. */
  roomFor(way: Way): CoresAndMemory {
    const { capacity, freeCores, freeMemory } = this.room;
    return way === 'at-once' ? { cores: freeCores, memory: freeMemory } : capacity;
  }

  /** Beside the cores and memory and what its table says: units, and by name. */
  suits(shape: Shape, way: Way): boolean {
    const { resources, not } = shape.needs;
    if (not.length > 0 && not.includes(this.name)) return false;
    if (this.declined.size > 0 && (this.declined.has(shape.key) || this.declined.has(''))) return false;
    return resources.every(([kind, count]) => {
      return count <= (way === 'in-queue' ? this.room.unitsOf(kind) : this.room.freeUnitsOf(kind));
    });
  }

  /** Whether a task of this shape can come to it this way now. */
  fits(shape: Shape, way: Way): boolean {
    const { cores, memory, node } = shape.needs;
    const { capacity, freeCores, freeMemory } = this.room;
    if (way === 'at-once' && (cores > freeCores || memory > freeMemory)) return false;
    if (way === 'in-queue' && (cores > capacity.cores || memory > capacity.memory)) return false;
    if (!this.hasPlace(shape.service, way) || (node !== '' && node !== this.name)) return false;
    if (this.keptFor !== undefined && (way === 'in-queue' || this.keptFor !== shape)) return false;
    return this.room.lacksSoftware(shape.needs) === undefined && this.suits(shape, way);
  }

  /** Whether it could run such tasks with nothing else in hand. Empty service: any. */
  couldRun(service: string, needs: Requirements): boolean {
    const { cores, memory, resources, node, not } = needs;
    if (service !== '' && (this.services.get(service)?.concurrency ?? 0) === 0) return false;
    if (cores > this.room.capacity.cores || memory > this.room.capacity.memory) return false;
    if ((node !== '' && node !== this.name) || not.includes(this.name)) return false;
    if (this.room.lacksSoftware(needs) !== undefined) return false;
    return resources.every(([kind, count]) => count <= this.room.unitsOf(kind));
  }

  take(held: Held): void {
    this.held.set(held.n, held);
    if (held.life === this.life) this.count(held);
  }

  /** As `take`, of a task that it has already: what it can have begun counts as begun. */
  takeBack(held: Held): void {
    this.take(held);
    this.promote();
  }

  /** The task is not in its hand any more: what waits in its own queue may begin. */
  give(held: Held): void {
    this.held.delete(held.n);
    if (held.life === this.life) this.discount(held);
    this.promote();
  }

  /** It says what the broker may have expected of another task of its queue. */
  began(held: Held): void {
    held.state = 'running';
    if (!held.isWaiting) return;
    if (held.life === this.life) {
      this.queue.delete(held);
      this.begin(held);
    }
    held.isWaiting = false;
  }

  /** The task was claimed: its offer is not under way any more. */
  claimed(held: Held): void {
    this.settleOffer(held);
    held.state = 'assigned';
  }

  private settleOffer(held: Held): void {
    if (held.state === 'offered') this.offers--;
  }

  /** It was in its queue. */
  private begin(held: Held): void {
    const post = this.services.get(held.service);
    if (post !== undefined) {
      post.waiting--;
      post.begun++;
    }
    held.isWaiting = false;
    this.room.take(held.needs);
  }

  private promote(): void {
    this.isOwedRoom = false;
    if (this.queue.length === 0) return;
    const may = (held: Held): MayBegin => this.mayBegin(held);
    for (let next = this.queue.next(may); next !== undefined; next = this.queue.next(may)) {
      this.begin(next);
    }
    this.isOwedRoom = this.queue.some((held) => this.mayBegin(held) !== 'full');
  }

  private mayBegin({ service, needs }: Held): MayBegin {
    const post = this.services.get(service);
    if (post === undefined || post.begun >= post.concurrency) return 'full';
    return this.room.isShort(needs) ? 'no-room' : 'begin';
  }

  private count(held: Held): void {
    const post = this.services.get(held.service);
    if (held.state === 'offered') this.offers++;
    if (held.isWaiting) {
      if (post !== undefined) post.waiting++;
      this.queue.add(held);
    } else {
      if (post !== undefined) post.begun++;
      this.room.take(held.needs);
    }
  }

  private discount(held: Held): void {
    const post = this.services.get(held.service);
    this.settleOffer(held);
    if (held.isWaiting) {
      if (post !== undefined) post.waiting--;
      this.queue.delete(held);
    } else {
      if (post !== undefined) post.begun--;
      this.room.giveBack(held.needs);
    }
  }

  /** After a change of what it is: tasks of an earlier incarnation take nothing, and its queue stays in order. */
  private recount(): void {
    this.room.clear();
    this.offers = 0;
    const queued = new Set(this.queue);
    for (const held of this.held.values()) {
      const isOwn = held.life === this.life;
      if (!isOwn) this.queue.delete(held);
      else if (!queued.has(held)) this.count(held);
      else {
        const post = this.services.get(held.service);
        if (post !== undefined) post.waiting++;
        if (held.state === 'offered') this.offers++;
      }
    }
    this.promote();
  }
}

/** What workers are ranked by. */
export interface WithRoom {
  readonly name: string;
  readonly room: Pick<Room, 'freeCores' | 'freeMemory'>;
  readonly held: { readonly size: number };
}

/** Which of two has more room: free cores, then memory, then fewer tasks, then by name. */
export function hasMoreRoom(a: WithRoom, b: WithRoom): boolean {
  const [roomOfA, roomOfB] = [a.room, b.room];
  if (roomOfA.freeCores !== roomOfB.freeCores) return roomOfA.freeCores > roomOfB.freeCores;
  if (roomOfA.freeMemory !== roomOfB.freeMemory) return roomOfA.freeMemory > roomOfB.freeMemory;
  if (a.held.size !== b.held.size) return a.held.size < b.held.size;
  return a.name < b.name;
}

/** Which of two own queues is to get a task: the shorter one, then as above. */
export function hasMoreQueue(a: Worker, b: Worker): boolean {
  return a.waiting === b.waiting ? hasMoreRoom(a, b) : a.waiting < b.waiting;
}

function clamped(count: number, most: number): number {
  return count > 0 ? Math.min(Math.floor(count), most) : 0;
}
