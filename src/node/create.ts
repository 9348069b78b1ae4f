/**
 * Makes a node on a platform: the one entry for the host and the simulator.
 *
 * Invariant: a node is its core and the api of each of skein's features, as one object.
 */
import { features } from '../features/index.ts';
import { KernelNode } from './local-node.ts';
import type { LocalNode } from './node.ts';
import type { LocalNodeSettings, Platform, PlatformEvents } from './platform.ts';

export type { LocalNode } from './node.ts';

/**
 * Starts a node.
 *
 * @param makePlatform Called once, synchronously; the platform may report events only after it has returned.
 * @throws TypeError for a name or namespace that does not fit, and for features that do not fit together.
 */
export function createLocalNode(
  settings: LocalNodeSettings,
  makePlatform: (events: PlatformEvents) => Platform,
): LocalNode {
  const node = new KernelNode(settings, makePlatform);
  const apis = features.map((feature) => node.facades.apiOf(feature));
  return Object.assign(node, ...apis) as LocalNode;
}
