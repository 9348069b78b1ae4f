/**
 * What a node's kernel is made with, from the node's settings and its platform.
 *
 * Who calls it: the local node, at its start and again when it takes another name. Invariant: each kernel is a
 * life of its own, with an instance that no other has.
 */
import { instanceOf } from '../kernel/identity.ts';
import { hexOf } from '../kernel/wire/bytes.ts';
import type { LocalNodeSettings, Platform } from './platform.ts';
import type { SkeinKernelOptions } from './skein-kernel.ts';

/** @param firstLink Where a kernel takes over from another: after the last link of that one. */
export function kernelOptions(
  settings: LocalNodeSettings,
  platform: Platform,
  firstLink = 0,
): SkeinKernelOptions {
  const signer = platform.makeSigner?.();
  return {
    ...settings,
    instance: signer === undefined ? hexOf(platform.random.bytes(8)) : instanceOf(signer.publicKey),
    firstLink,
    clock: {
      now: () => platform.now(),
      heldUpMs: () => platform.heldUpMs?.(),
      wallNow: () => platform.wallNow(),
      uptime: () => platform.uptime?.(),
    },
    features: settings.features ?? [],
    behaviors: settings.behaviors?.() ?? [],
    ...(signer === undefined ? {} : { signer }),
    ...(platform.allocate === undefined ? {} : { allocate: platform.allocate }),
  };
}
