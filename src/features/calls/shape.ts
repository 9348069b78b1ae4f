/** The one type argument of the calls feature. */
import type { Call, CallsApi, RequestOptions } from './api.ts';
import type { CallsShape } from './core/calls-types.ts';

/** What features that need calls may use; the service is one that their core has offered as hidden. */
interface CallsShared {
  /** Asks the hidden service of one node. Its answer may be computed twice. */
  request(
    service: string,
    to: string,
    input: unknown,
    options: Pick<RequestOptions, 'timeoutMs' | 'signal'>,
  ): Promise<unknown>;
  /** Who answers requests to it here. */
  answer(service: string, handler: (call: Call) => unknown): void;
}

export interface CallsFeatureShape extends CallsShape {
  readonly api: CallsApi;
  readonly settings: object;
  readonly nodeEvents: object;
  readonly shared: CallsShared;
}
