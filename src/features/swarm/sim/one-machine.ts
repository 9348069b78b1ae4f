/**
 * All programs of a mesh on one machine: they share its disk, and with it the store of the swarm.
 *
 * Made by each workload that needs the store, with the models of what it asks for. Invariant: several of one mesh leave
 * it with one disk, one formation and the models of all of them.
 */
import type { Disk } from '../../../sim/world/machine/disk.ts';
import type { Host } from '../../../sim/world/machine/host.ts';
import type { Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';

/** One: two brokers at a time on one disk are no world that there is. */
const addresses = ['10.8.0.1:7015'];

export class OneMachine {
  private readonly mesh: Mesh;
  private readonly models: readonly AnyStoreModel[];
  private readonly hosts: Host[] = [];
  private disk: Disk | undefined;

  constructor(mesh: Mesh, models: readonly AnyStoreModel[]) {
    this.mesh = mesh;
    this.models = models;
    mesh.observers.push({
      added: (member) => this.enlist(member),
      // Its disk is that of the machine, which goes on.
      stopped: ({ member }) => this.share(member),
    });
  }

  private enlist(member: Member): void {
    member.store = [...new Set([...(member.store ?? []), ...this.models])];
    this.share(member);
    this.hosts.push(member.host);
    // Where a formation is among the workloads, its members have one already.
    if (member.formation !== undefined) return;
    member.formation = addresses;
    if (this.hosts.length === 1)
      for (const address of addresses) this.mesh.network.places.add(address, this.hosts);
  }

  private share({ host }: Member): void {
    this.disk ??= host.disk;
    host.disk = this.disk;
  }
}
