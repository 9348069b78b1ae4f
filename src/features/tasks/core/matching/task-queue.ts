/**
 * All tasks that matching knows, and the queue of those that are queued or offered: ranks, shapes and services.
 *
 * Matching calls it. A task that is offered keeps its place and is in no list meanwhile; one that is claimed has no place
 * any more. Invariant: a shape is there for as long as a task of it is known, so that each key has one.
 */
import { ByPlace } from '../by-place.ts';
import type { Priority, Ranked, TaskHead } from '../tasks-types.ts';
import { noPlace, OpenTask } from './open-task.ts';
import { Ranks } from './ranks.ts';
import { ServiceQueue } from './service-queue.ts';
import { ShapeIndex } from './shape-index.ts';
import type { Shape } from './shapes.ts';

export class TaskQueue {
  private readonly ranks = new Ranks((n) => this.moved(n));
  private readonly tasks = new ByPlace<OpenTask>();
  private readonly shapes = new ShapeIndex();
  private readonly services = new Map<string, ServiceQueue>();
  private count = 0;

  /** Tasks that are queued or offered. */
  get size(): number {
    return this.count;
  }

  place(priority: Priority): number {
    return this.ranks.place(priority);
  }

  release(rank: number): void {
    this.ranks.release(rank);
  }

  takeMoved(): Ranked[] {
    return this.ranks.takeMoved();
  }

  get(n: number): OpenTask | undefined {
    return this.tasks.get(n);
  }

  shape(key: string): Shape | undefined {
    return this.shapes.get(key);
  }

  /** Of a service that is neither queued nor offered there is none. */
  service(name: string): ServiceQueue | undefined {
    return this.services.get(name);
  }

  /** Those that are queued or offered. */
  get serviceNames(): Iterable<string> {
    return this.services.keys();
  }

  openService(name: string): ServiceQueue {
    let service = this.services.get(name);
    if (service === undefined) {
      service = new ServiceQueue(name);
      this.services.set(name, service);
    }
    return service;
  }

  closeUnused(name: string): void {
    if (this.services.get(name)?.isUnused === true) this.services.delete(name);
  }

  /** One that is queued. */
  add(head: TaskHead): OpenTask {
    const task = this.known(head, this.ranks.queued(head.n, head.rank));
    this.count++;
    this.openService(task.service).add(task);
    return task;
  }

  /** One that is claimed. */
  load(head: TaskHead): OpenTask {
    return this.known(head, noPlace);
  }

  /** It is offered. */
  takeOut(task: OpenTask): void {
    this.services.get(task.service)?.remove(task);
  }

  /** Its offer is over. */
  putBack(task: OpenTask): void {
    task.state = 'queued';
    this.openService(task.service).add(task);
  }

  /** It is not queued any more. */
  leave(task: OpenTask): void {
    if (task.chunk !== undefined) {
      this.takeOut(task);
      this.closeUnused(task.service);
    }
    this.ranks.remove(task.place);
    task.place = noPlace;
    this.count--;
  }

  /** It is neither queued nor claimed. */
  forget({ n, shape }: OpenTask): void {
    this.tasks.delete(n);
    this.shapes.leave(shape);
  }

  private known(head: TaskHead, place: OpenTask['place']): OpenTask {
    const task = new OpenTask(head, this.shapes.join(head.service, head.needs), place);
    this.tasks.set(head.n, task);
    return task;
  }

  /** Tables go by the ranks of first tasks. Moves change no order, so nothing else depends on them. */
  private moved(n: number): void {
    const task = this.tasks.get(n);
    if (task === undefined || task.shape.tasks.first !== task) return;
    this.services.get(task.service)?.refresh(task.shape);
  }
}
