/**
 * Makes a node on a platform: the one entry for the host and the simulator.
 */
import { KernelNode } from './local-node.ts';
import type { LocalNode } from './node.ts';
import type { LocalNodeSettings, Platform, PlatformEvents } from './platform.ts';

export type { LocalNode } from './node.ts';

/**
 * Starts a node.
 *
 * @param makePlatform Called once, synchronously; the platform may report events only after it has returned.
 * @throws TypeError for a name or namespace that does not fit.
 */
export function createLocalNode(
  settings: LocalNodeSettings,
  makePlatform: (events: PlatformEvents) => Platform,
): LocalNode {
  return new KernelNode(settings, makePlatform);
}
