/** Durable keys of a machine's nodes: as files of real ones they survive programs. Who calls it: the mesh, for each life. */
import type { RecordSigner } from '../../../kernel/contracts.ts';
import type { Notary } from '../notary.ts';
import type { World } from '../world.ts';
import type { Host } from './host.ts';

interface Place {
  readonly notary: Notary;
  readonly world: World;
}

export function identityOf(
  { name: machine, identities }: Host,
  { notary, world }: Place,
): { identityKey(name: string): RecordSigner } {
  return {
    identityKey(name) {
      const made =
        identities.get(name) ?? notary.makeSigner(world.random.fork(`identity ${machine} ${name}`));
      identities.set(name, made);
      return made;
    },
  };
}
