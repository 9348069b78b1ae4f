/**
 * The machines of a mesh: the programs of one share its disk, and with it the store of the swarm that may be there.
 *
 * Who calls it: each workload that needs the store, with the models of what it asks for. Invariant: several workloads of
 * one mesh share its machines, one formation and the models of all of them; each machine has one address of the
 * formation, so that two brokers at a time never write one disk.
 */
import { digestOf } from '../../../kernel/identity.ts';
import { Disk } from '../../../sim/world/machine/disk.ts';
import type { Host } from '../../../sim/world/machine/host.ts';
import type { Life, Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import type { Cell, Table } from '../../../stores/collections.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';

export interface Machine {
  /** Of the formation. */
  readonly address: string;
  readonly members: readonly Member[];
  readonly disk: Disk;
}

interface OwnMachine extends Machine {
  readonly hosts: Host[];
  readonly members: Member[];
  disk: Disk;
}

const ofMeshes = new WeakMap<Mesh, Machines>();

/**
 * @param count Machines, one by default: that of the workload that is made first counts. Where a formation is among the
 * workloads several machines are those of the formation.
 */
export function machinesOf(mesh: Mesh, models: readonly AnyStoreModel[], count = 1): Machines {
  const machines = ofMeshes.get(mesh) ?? new Machines(mesh, count);
  ofMeshes.set(mesh, machines);
  mesh.observers.push({
    added: (member) => {
      member.store = [...new Set([...(member.store ?? []), ...models])];
    },
  });
  return machines;
}

export class Machines {
  readonly all: readonly Machine[];
  /** World time at which the disk was lost that had the letters. Before: none was. */
  lostAt = Number.NEGATIVE_INFINITY;
  private readonly mesh: Mesh;
  private readonly count: number;
  private readonly machines: OwnMachine[] = [];
  private readonly lostDisks: Disk[] = [];
  private lost: OwnMachine | undefined;
  private addedCount = 0;

  constructor(mesh: Mesh, count: number) {
    this.mesh = mesh;
    this.count = count;
    this.all = this.machines;
    mesh.observers.push({
      added: (member) => this.enlist(member),
      started: ({ member }) => this.mayBeginAgain(member),
      // Its disk is that of the machine, which goes on.
      stopped: ({ member }) => this.share(member),
    });
  }

  /** How often some disk has become full, those that are full at the moment not counted. */
  get timesFullBefore(): number {
    return this.disks.reduce((sum, { timesFull, isFull }) => sum + timesFull - (isFull ? 1 : 0), 0);
  }

  /** How often some disk has become full. */
  get timesFull(): number {
    return this.disks.reduce((sum, { timesFull }) => sum + timesFull, 0);
  }

  /** The disk that had the letters was lost. */
  private get hasLostDisk(): boolean {
    return this.lostDisks.length > 0;
  }

  /** It has a name that is pinned to another identity: what is of that name is not for it. */
  isStranger({ node: { name }, member: { host } }: Life): boolean {
    const own = host.identities.get(name);
    if (own === undefined) return false;
    const pins = this.pinsOf(name);
    return pins.length > 0 && !pins.includes(digestOf(own.publicKey));
  }

  /**
   * Identities that the name is pinned to; none: it is not yet. A store that has no letters where another one has some was
   * begun apart from the swarm, and is not its home.
   */
  pinsOf(name: string): string[] {
    const { withLetters } = this;
    return this.swarmsOf(withLetters.length > 0 ? withLetters : this.machines).flatMap(
      ({ pins }) => pins?.get(name) ?? [],
    );
  }

  /** A store that was adopted in place of the one that was lost has not seen all that ever were here. */
  mayBeUnknown(name: string): boolean {
    if (!this.hasLostDisk) return false;
    const tables = this.swarmsOf(this.machines).flatMap(({ nodes }) => nodes ?? []);
    return tables.length === 0 || tables.some((nodes) => nodes.get(name) === undefined);
  }

  /** What the disks have of the swarm. */
  private swarmsOf(machines: readonly Machine[]) {
    return machines.map(
      ({ disk }) =>
        (disk.content.get('swarm') ?? {}) as {
          readonly pins?: Table<string, string>;
          readonly nodes?: Table<string, unknown>;
        },
    );
  }

  /** It is of none of these machines: it has no store, and none of the formation's addresses. Before its first life. */
  leave(member: Member): void {
    for (const machine of this.machines) {
      machine.members.splice(0, Infinity, ...machine.members.filter((each) => each !== member));
      machine.hosts.splice(0, Infinity, ...machine.hosts.filter((each) => each !== member.host));
    }
    member.host.disk = new Disk();
    member.host.machine = undefined;
    member.store = undefined;
  }

  /** Those of its members that the mesh still has. */
  membersOf(machine: Machine): Member[] {
    return machine.members.filter((member) => this.mesh.member(member.name) === member);
  }

  /** That have stored letters. */
  get withLetters(): Machine[] {
    return this.machines.filter(({ disk }) => {
      const { last } = (disk.content.get('letters') ?? {}) as { readonly last?: Cell<number> };
      return (last?.value ?? 0) > 0;
    });
  }

  /** All its programs are gone, and so is what it had. Until `comesBack` none of them runs. */
  loseDisk(machine: Machine): void {
    const own = this.machines.find((each) => each === machine) as OwnMachine;
    this.lostAt = this.mesh.world.now;
    this.lost = own;
    this.lostDisks.push(own.disk);
    own.disk = new Disk();
    for (const member of this.membersOf(own)) this.mesh.vanish(member);
    for (const { host } of own.members) host.disk = own.disk;
  }

  /** The one that has lost its disk may run again: it will hear of the swarm before anybody sends it a letter. */
  comesBack(): void {
    this.lost = undefined;
  }

  /** Another fault has started a program of a machine without its disk: apart from all others it may begin a swarm. */
  private mayBeginAgain(member: Member): void {
    if (this.lost?.members.includes(member) === true) this.lostAt = Number.POSITIVE_INFINITY;
  }

  private get disks(): Disk[] {
    return [...this.lostDisks, ...this.machines.map(({ disk }) => disk)];
  }

  private enlist(member: Member): void {
    if (this.machines.length === 0) this.build(member);
    const at = this.addedCount++ % this.machines.length;
    const machine = this.machines[at] as OwnMachine;
    if (this.machines.length > 1) member.host.machine = at;
    machine.members.push(member);
    machine.hosts.push(member.host);
    this.share(member);
    if (member.formation !== undefined) return;
    member.formation = this.machines.map(({ address }) => address);
    if (machine.hosts.length === 1) this.mesh.network.places.add(machine.address, machine.hosts);
  }

  private build(first: Member): void {
    const count = this.count === 1 ? 1 : (first.formation?.length ?? this.count);
    for (let i = 1; i <= count; i++)
      this.machines.push({ address: `10.8.0.${i}:7015`, hosts: [], members: [], disk: new Disk() });
  }

  private share({ host }: Member): void {
    const machine = this.machines.find(({ hosts }) => hosts.includes(host));
    if (machine !== undefined) host.disk = machine.disk;
  }
}
