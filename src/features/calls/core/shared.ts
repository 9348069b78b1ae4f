/**
 * What the cores of features that need calls may use of them: services that are no program's, and how services stand.
 *
 * Implemented by the calls behavior. Invariant: a hidden service is not announced, and its name has a character that no
 * program can give a service, so that neither can take the other's place.
 */
import type { ServeOptions } from './calls-types.ts';

/** How a service of this node stands. */
export interface ServiceStanding extends ServeOptions {
  /** Handlers at work. */
  readonly running: number;
  /** Requests that wait for one of them. */
  readonly waiting: number;
}

export interface CallsCore {
  /** Requests to it are carried out by this node for as long as it runs. To be called before the node has started. */
  offerHidden(service: string, options: ServeOptions): void;
  /** Undefined: this node does not answer for it. */
  standing(service: string): ServiceStanding | undefined;
  /** Of all services but the hidden ones. */
  work(): Pick<ServiceStanding, 'running' | 'waiting'>;
}
