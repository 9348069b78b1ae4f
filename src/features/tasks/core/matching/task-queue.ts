/**
 * All queued tasks: their ranks, their shapes and their services.
 *
 * Matching calls it. A task that is offered keeps its place and is in no table meanwhile. Invariant: a shape is there for
 * as long as a task of it is queued or offered, so that each key has one.
 */
import type { Priority, Ranked, TaskHead } from '../tasks-types.ts';
import { Ranks } from './ranks.ts';
import { ServiceQueue } from './service-queue.ts';
import { type QueuedTask, Shape, shapeKey } from './shapes.ts';

export class TaskQueue {
  private readonly ranks = new Ranks((n) => this.moved(n));
  private readonly tasks = new Map<number, QueuedTask>();
  private readonly shapes = new Map<string, Shape>();
  private readonly services = new Map<string, ServiceQueue>();

  get size(): number {
    return this.tasks.size;
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

  get(n: number): QueuedTask | undefined {
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

  add({ n, id, rank, orderedAt, priority, service, needs }: TaskHead): QueuedTask {
    const place = this.ranks.queued(n, rank);
    const shape = this.openShape(service, needs);
    const task: QueuedTask = {
      n,
      id,
      orderedAt,
      priority,
      place,
      shape,
      heapPlaces: [-1],
      ageEntry: undefined,
    };
    shape.members++;
    this.tasks.set(n, task);
    this.openService(service).add(task);
    return task;
  }

  /** It is offered. */
  takeOut(task: QueuedTask): void {
    this.services.get(task.shape.service)?.remove(task);
  }

  /** Its offer is over. */
  putBack(task: QueuedTask): void {
    this.openService(task.shape.service).add(task);
  }

  /** It is not queued any more. */
  remove(task: QueuedTask): void {
    const { n, shape } = task;
    this.tasks.delete(n);
    this.ranks.remove(n);
    this.takeOut(task);
    this.closeUnused(shape.service);
    shape.members--;
    if (shape.members === 0) this.shapes.delete(shape.key);
  }

  /** Tables go by the ranks of first tasks. Moves change no order, so nothing else depends on them. */
  private moved(n: number): void {
    const task = this.tasks.get(n);
    if (task?.shape.tasks.first !== task || task === undefined) return;
    this.services.get(task.shape.service)?.refresh(task.shape);
  }

  private openShape(service: string, needs: TaskHead['needs']): Shape {
    const key = shapeKey(service, needs);
    let shape = this.shapes.get(key);
    if (shape === undefined) {
      shape = new Shape(key, service, needs);
      this.shapes.set(key, shape);
    }
    return shape;
  }
}
