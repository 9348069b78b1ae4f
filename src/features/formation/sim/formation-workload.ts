/**
 * What the simulated programs do with a formation: they are all members of one, ask its broker for each other by name
 * and by service, and open a channel to whom it names.
 *
 * Who calls it: the simulation, where its workloads name `formation`. The members share a few machines, each of which
 * has one of the formation's addresses. Invariant: only programs whose event loop turns act, and everything that a
 * broker says goes to the ledger.
 */
import type { Behavior } from '../../../kernel/contract/behavior.ts';
import { SkeinError } from '../../../kernel/errors.ts';
import type { Host } from '../../../sim/world/machine/host.ts';
import type { Life, Member } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { Channel } from '../../channels/api.ts';
import { formationFeature } from '../core/formation.ts';
import type { Paired } from '../core/formation-types.ts';
import type { AskedPair, PairLedger } from './pair-ledger.ts';

/** What some of them offer. */
export const pairedService = 'sim-paired';
const protocol = 'sim-pair';
const machinesMax = 4;
/** Of the node names, by chance. */
const offeringShare = 0.4;
const byServiceShare = 0.3;
/** For a name that nobody has. */
const forNobodyShare = 0.05;
const channelTimeoutMs = 3000;
/** Several at a time, so that an answer could be taken for another. */
const togetherMax = 3;

/** Whether nodes of this name offer the service: all lives of them, since it follows from the name. */
export function offersPairs(mesh: Mesh, nodeName: string): boolean {
  return mesh.world.random.fork(`pairs ${nodeName}`).chance(offeringShare);
}

/** Who offers the service says so, as a program that answers for it. */
const offering: Behavior = {
  name: 'sim-offering',
  lifecycle: { started: (agent) => agent.offerService(pairedService) },
};

export class FormationWorkload {
  readonly addresses: readonly string[];
  private readonly mesh: Mesh;
  private readonly ledger: PairLedger;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  /** By address: the programs of its machine. */
  private readonly machines: Host[][];
  private added = 0;

  constructor(mesh: Mesh, ledger: PairLedger, pairsPerSecond: number) {
    this.mesh = mesh;
    this.ledger = ledger;
    this.random = mesh.world.random.fork('formation');
    this.pace = new Pace(mesh.world, this.random, pairsPerSecond, () => this.act());
    const machines = this.random.integer(1, machinesMax);
    this.addresses = Array.from({ length: machines }, (_, i) => `10.9.0.${i + 1}:7015`);
    this.machines = this.addresses.map(() => []);
    mesh.observers.push({
      added: (member) => this.enlist(member),
      started: (life) => this.take(life),
    });
  }

  start(): void {
    this.pace.start();
  }

  stop(): void {
    this.pace.stop();
  }

  /** @param to A node's name, or the service's. */
  ask(life: Life, to: string): AskedPair {
    const pair = this.ledger.asked(life, to);
    this.mesh.world.touchProgram();
    life.node.command<Paired>(formationFeature, 'pair', to).then(
      (paired) => {
        this.ledger.paired(pair, paired);
        this.open(pair, paired.other);
      },
      (error: unknown) => this.ledger.denied(pair, error),
    );
    return pair;
  }

  private enlist(member: Member): void {
    const at = this.added++ % this.addresses.length;
    const machine = this.machines[at] as Host[];
    machine.push(member.host);
    if (machine.length === 1) this.mesh.network.places.add(this.addresses[at] as string, machine);
    member.formation = this.addresses;
    if (offersPairs(this.mesh, member.nodeName)) member.behaviors = () => [offering];
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const life = this.random.pick(able).life as Life;
    for (let left = this.random.integer(1, togetherMax); left > 0; left--) {
      const draw = this.random.next();
      const name = this.random.pick(this.mesh.members).nodeName;
      if (draw < byServiceShare) this.ask(life, pairedService);
      else if (draw < byServiceShare + forNobodyShare) this.ask(life, `nobody-${name}`);
      else if (name !== life.node.name) this.ask(life, name);
    }
  }

  // ── channels ──────────────────────────────────────────────────────────────────────────────────────

  private open(pair: AskedPair, other: string): void {
    const { node } = pair.source;
    if (other === node.name || !pair.source.member.canAct) return this.ledger.channelFailed(pair, notOpened);
    node.pair(other, { protocol, timeoutMs: channelTimeoutMs }).then(
      (channel) => this.carry(pair, channel),
      (error: unknown) => this.ledger.channelFailed(pair, error),
    );
  }

  private carry(pair: AskedPair, channel: Channel): void {
    const answer = new Received(channel);
    let isOver = false;
    channel.on('end', () => {
      isOver = true;
      this.ledger.channelEnded(pair, answer.text);
    });
    channel.on('error', (error) => {
      if (!isOver) this.ledger.channelFailed(pair, error);
      isOver = true;
    });
    channel.end(String(pair.number));
  }

  private take(life: Life): void {
    this.acceptAll(life).catch(() => {
      // The node has ended, which the mesh is told in its own way.
    });
  }

  /** Answers each with what it has said, and who this is. */
  private async acceptAll(life: Life): Promise<void> {
    for await (const request of life.node.pairs({ protocol })) {
      const channel = request.accept();
      const said = new Received(channel);
      channel.on('end', () => channel.end(`${said.text} ${life.node.name}`));
      // Its other end judges what became of it.
      channel.on('error', () => undefined);
    }
  }
}

/** All that a channel has brought, as text. */
class Received {
  text = '';

  constructor(channel: Channel) {
    const decoder = new TextDecoder();
    channel.on('data', (bytes: Uint8Array) => {
      this.text += decoder.decode(bytes, { stream: true });
    });
  }
}

const notOpened = new SkeinError('SKEIN_LOST', 'the program could not act any more');
