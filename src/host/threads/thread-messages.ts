/** What a handler's thread and the thread of its program say to each other. */
import type { EncodedBody, ThreadCall } from '../../kit/handler-threads.ts';
import type { PassedError } from '../../kit/passed-error.ts';

export interface HandlerThreadData {
  /** URL of the module whose default export is the handler. */
  readonly module: string;
}

/** `number`: of the call; later ones have higher numbers. */
export type ToHandlerThread =
  | {
      readonly type: 'begin';
      readonly number: number;
      readonly facts: ThreadCall['facts'];
      readonly input: EncodedBody;
    }
  | { readonly type: 'abort'; readonly number: number; readonly reason: string };

export type FromHandlerThread =
  | { readonly type: 'loaded' }
  | { readonly type: 'not-loaded'; readonly error: PassedError }
  | { readonly type: 'progress'; readonly number: number; readonly share: number; readonly note: string }
  | { readonly type: 'done'; readonly number: number; readonly output: EncodedBody }
  | { readonly type: 'failed'; readonly number: number; readonly error: PassedError };
