/**
 * A request as the program that answers it sees it.
 *
 * Made by the calls facade, one for each. Names are looked up, and the signal is made, when they are asked for.
 */

import { instanceOfLife } from '../../../kernel/life.ts';
import type { MeshView } from '../../../kit/node-ports.ts';
import { nameOf } from '../../../kit/views.ts';
import type { Call } from '../api.ts';
import type { Execution } from '../core/calls-types.ts';

export class ReceivedCall implements Call {
  readonly input: unknown;
  private readonly execution: Execution;
  private readonly mesh: MeshView;
  private readonly takenAt: number;
  private controller: AbortController | undefined;
  private isLeft = false;

  constructor(execution: Execution, input: unknown, mesh: MeshView, takenAt: number) {
    this.execution = execution;
    this.input = input;
    this.mesh = mesh;
    this.takenAt = takenAt;
  }

  get service(): string {
    return this.execution.service;
  }

  get from(): string {
    return nameOf(this.execution.source, this.mesh.records);
  }

  get fromId(): number {
    return this.execution.source;
  }

  get instance(): string {
    return instanceOfLife(this.execution.life, this.execution.lifeTail);
  }

  get id(): number {
    return this.execution.number;
  }

  get timeoutMs(): number {
    return Math.max(0, Math.round(this.execution.deadline - this.takenAt));
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isLeft) this.controller.abort(reason());
    }
    return this.controller.signal;
  }

  /** Nobody waits for the answer any more. */
  leave(): void {
    this.isLeft = true;
    this.controller?.abort(reason());
  }
}

function reason(): DOMException {
  return new DOMException('whoever asked does not wait for the answer any more', 'AbortError');
}
