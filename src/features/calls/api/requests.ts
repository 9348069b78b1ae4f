/**
 * `request`: asking others, over the calls feature.
 *
 * Made by the local node. Values become bytes here and back (codec.ts), and pass their service's schemas before
 * they leave and before they are handed over. Invariant: each request ends exactly once, also when its node does.
 */

import { type Failure, SkeinError } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import { decodeBody, encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import { whenAborted } from '../../../kit/when-aborted.ts';
import type { RequestOptions } from '../api.ts';
import type { Call } from '../core/asker.ts';
import type { Calls } from '../core/calls.ts';
import type { Outcome, Request } from '../core/calls-types.ts';
import { callLimits } from '../core/limits.ts';
import type { CallsFeatureShape } from '../shape.ts';
import { checkRequestOptions } from './check-options.ts';
import { type Service, serviceOf } from './service.ts';

type Ports = NodePorts<CallsFeatureShape, Calls>;

/** Whoever waits for an answer: what the asker hands back with it. */
interface Waiting {
  readonly service: Service<unknown, unknown>;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

const noOptions: RequestOptions = {};

export class Requests {
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  request(
    given: Service<never, unknown> | string,
    input: unknown,
    options: RequestOptions = noOptions,
  ): Promise<unknown> {
    const service = serviceOf(given);
    if (options !== noOptions) checkRequestOptions(options);
    if (service.input === undefined) return this.ask(service, input, options);
    const checked = checkBySchema(service.input, input, `service ${service.name}: input`);
    return checked.then((valid) => this.ask(service, valid, options));
  }

  private ask(service: Service<unknown, unknown>, input: unknown, options: RequestOptions): Promise<unknown> {
    const request = requestFor(service, input, options);
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { service, resolve, reject };
      if (signal !== undefined) return this.beginAbortable(request, waiting, signal);
      const call = this.begin(request, waiting);
      if ('code' in call) reject(SkeinError.from(call));
    });
  }

  private begin(request: Request, waiting: Waiting): Call | Failure {
    this.ports.enter();
    return this.ports.behavior.asker.call(request, waiting);
  }

  private beginAbortable(request: Request, { service, resolve, reject }: Waiting, signal: AbortSignal): void {
    if (signal.aborted) return reject(aborted(signal));
    const { asker } = this.ports.behavior;
    const abort = (): void => {
      this.ports.enter();
      if (asker.abort(call as Call)) reject(aborted(signal));
    };
    let ended = (): void => undefined;
    const call = this.begin(request, {
      service,
      resolve: (output) => {
        ended();
        resolve(output);
      },
      reject: (error) => {
        ended();
        reject(error);
      },
    });
    if ('code' in call) reject(SkeinError.from(call));
    else ended = whenAborted(signal, abort);
  }

  concluded(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) this.conclude(outcome);
  }

  private conclude({ handle, output, failure }: Outcome): void {
    const { service, resolve, reject } = handle as Waiting;
    if (failure !== undefined) return reject(SkeinError.from(failure));
    if (output === undefined) return resolve(undefined);
    const what = `service ${service.name}: output`;
    try {
      const value = decodeBody(output.encoding, output.bytes);
      if (service.output === undefined) resolve(value);
      else checkBySchema(service.output, value, what).then(resolve, reject);
    } catch (error) {
      reject(new SkeinError('SKEIN_INVALID', `${what}: ${(error as Error).message}`, { cause: error }));
    }
  }

  end(error: Error | undefined): void {
    for (const handle of this.ports.behavior.asker.handles()) {
      (handle as Waiting).reject(error ?? new SkeinError('SKEIN_CLOSED', 'the node is closed'));
    }
  }
}

function requestFor(
  service: Service<unknown, unknown>,
  input: unknown,
  { timeoutMs = callLimits.callTimeoutMs, to, strategy, key }: RequestOptions,
): Request {
  const { encoding, bytes } = encodeBody(input);
  return {
    service: service.name,
    encoding,
    input: bytes,
    timeoutMs,
    to: to === undefined ? undefined : idOf(to),
    strategy: strategy ?? (key === undefined ? 'nearest' : 'sticky'),
    key: key ?? '',
    idempotent: service.idempotent,
  };
}

function aborted(signal: AbortSignal): SkeinError {
  return new SkeinError('SKEIN_ABORTED', 'given up by the caller', { cause: signal.reason });
}
