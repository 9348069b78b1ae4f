/**
 * A request as the program that answers it sees it.
 *
 * Made by the calls facade, one for each. Names are looked up, and the signal is made, when they are asked for.
 */

import { instanceOfLife } from '../../../kernel/life.ts';
import { LateAbort } from '../../../kit/late-abort.ts';
import type { MeshView } from '../../../kit/node-ports.ts';
import { nameOf } from '../../../kit/views.ts';
import type { Call } from '../api.ts';
import type { Execution } from '../core/calls-types.ts';

export class ReceivedCall implements Call {
  readonly input: unknown;
  private readonly execution: Execution;
  private readonly mesh: MeshView;
  private readonly takenAt: number;
  private readonly left = new LateAbort(reason);

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
    return this.left.signal;
  }

  /** One listener, called when nobody waits for the answer any more. */
  whenLeft(listener: () => void): void {
    this.left.whenAborted(listener);
  }

  /** Nobody waits for the answer any more. */
  leave(): void {
    this.left.abort();
  }
}

/** Without the signal, where the call is this node's own. */
export function whenLeft(call: Call, listener: () => void): void {
  if (call instanceof ReceivedCall) call.whenLeft(listener);
  else call.signal.addEventListener('abort', listener, { once: true });
}

function reason(): DOMException {
  return new DOMException('whoever asked does not wait for the answer any more', 'AbortError');
}
