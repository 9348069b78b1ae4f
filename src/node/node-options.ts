/**
 * What a node in this process is given at its start: its settings (`settings.ts`), and what only a program has.
 *
 * Programs write them, the host checks them (`host/options.ts`). Invariant: everything has a default.
 */
import type { AnyBehavior } from '../kernel/contracts.ts';
import type { AnyFeature } from '../kit/feature.ts';
import type { Logger } from '../kit/logger.ts';
import type { SettingOptions } from './settings.ts';

/** Options of a node in this process. Everything has a default. */
export interface NodeOptions extends SettingOptions {
  /**
   * The mesh key, or several: the first is used, all are accepted. `false`: none. Default: what the variable
   * `SKEIN_KEY` holds, else the keys of this user (`skein key`), else none. With a key every link is TLS 1.3
   * and proven, and the node listens on all interfaces; without one it stays on loopback.
   */
  readonly key?: string | readonly string[] | false;
  /**
   * Makes this program's own behaviors (see `skein/kernel`), called after skein's. A function, since a node
   * that must start anew under another name needs new ones. Their events come as `behavior` events. Default: none.
   */
  readonly behaviors?: () => readonly AnyBehavior[];
  /**
   * This program's own features, made with `feature()`, called after skein's; each after those that it needs. Their
   * apis are `node.use(mine)`, here and in attached programs. Default: none.
   */
  readonly features?: readonly AnyFeature[];
  /** Where the node writes its log: pino fits. Default: nowhere. */
  readonly logger?: Logger;
}
