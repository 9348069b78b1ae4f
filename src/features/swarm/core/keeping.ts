/**
 * Who keeps the swarm: the node whose store is the swarm's home, as the broker says.
 *
 * Made by the swarm's behavior. The broker keeps it itself where it can: in a new swarm, or with the home in its own
 * store. Otherwise it names a node that has the home; where nobody has, nobody keeps the swarm, and everybody learns where
 * the home is. Invariant: no node writes a store that is not the home it knows of, and a new one becomes the home only where
 * none was known, or where somebody adopts it.
 */
import type { StoreCompletion } from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import type { BrokerOfNodes, FormationCore } from '../../formation/core/shared.ts';
import { type Home, homeOfNote, hostLengthMax, outranksHome } from './home.ts';
import { swarmLimits } from './limits.ts';
import { decodeSection, encodeSection, type Section } from './section.ts';
import type { Look, LookHow, SwarmShape } from './swarm-types.ts';

type Completion = StoreCompletion<SwarmShape['store']>;

export interface KeepingPorts {
  readonly formation: FormationCore;
  readonly agent: {
    readonly now: number;
    readonly wallNow: number;
    readonly self: { readonly name: string };
    readonly random: { next(): number };
    announce(section: Uint8Array | undefined): void;
    log(level: 'info' | 'warn' | 'error', text: string, fields?: Record<string, unknown>): void;
  };
  ask<Verb extends 'look' | 'note'>(
    verb: Verb,
    input: Parameters<SwarmShape['store'][Verb]>[0],
    then: (completion: Completion) => void,
  ): void;
  /** Another node keeps the swarm, or another reason holds why nobody does. */
  changed(): void;
}

/** Who keeps the swarm, as the broker of this epoch says. */
export interface Keeper extends BrokerOfNodes {
  /** Another one each time it begins to. */
  readonly turn: number;
}

/** What this node has. */
interface Own {
  readonly canKeep: boolean;
  /** Null: no store is there. Undefined: it was not opened to see. */
  readonly id: string | null | undefined;
  readonly host: string;
}

interface Standing {
  readonly keeper?: string;
  /** Nobody keeps it, for this reason. Neither: it is not decided yet. */
  readonly problem?: Failure;
}

const never = Number.POSITIVE_INFINITY;
const turnMax = 2 ** 32 - 1;

export class Keeping {
  home: Home | undefined;
  private readonly ports: KeepingPorts;
  private own: Own | undefined;
  private isLooking = false;
  /** Why this node's store is left alone. */
  private ownProblem: Failure | undefined;
  /** The home and the epoch for which this node's store was opened last to see whether it is that. */
  private lookedFor = '';
  /** Nobody has the home: this node's store is looked at again then, in case it was put back. */
  private lookAgainAt = never;
  /** Nobody keeps the swarm for a node that is denied. */
  private denied: Failure | undefined;
  private readonly sections = new Map<NodeId, { readonly name: string; readonly section: Section }>();
  private standing: Standing = {};
  /** Of this node, where it keeps the swarm. */
  private turn = { epoch: 0, number: 0 };
  private announced = '';

  constructor(ports: KeepingPorts) {
    this.ports = ports;
  }

  /** Who keeps the swarm and knows it. */
  get keeper(): Keeper | undefined {
    const { keeper } = this.standing;
    const broker = this.ports.formation.brokerOfNodes;
    if (keeper === undefined || broker === undefined) return undefined;
    const { epoch } = broker;
    const node = idOf(keeper);
    if (this.isKeeper) return { node, name: keeper, epoch, turn: this.turn.number };
    const section = this.sections.get(node)?.section;
    // What came to it before it knows would wait there for nothing.
    return section?.keepsFor === epoch ? { node, name: keeper, epoch, turn: section.turn } : undefined;
  }

  /** Why nobody keeps it; undefined: somebody does, or it is not decided yet. */
  get problem(): Failure | undefined {
    return this.standing.problem;
  }

  get isKeeper(): boolean {
    return this.standing.keeper === this.ports.agent.self.name;
  }

  brokerChanged(): void {
    if (this.own === undefined && this.ports.formation.brokerOfNodes !== undefined) this.look('closed');
    this.refresh();
  }

  /** @param why Undefined: this node is not denied any more. */
  ownDenied(why: Failure | undefined): void {
    this.denied = why;
    if (this.own !== undefined || this.home !== undefined) return this.refresh();
    // There is nothing that it could have announced.
    this.standing = this.standingNow();
    this.ports.changed();
  }

  /** @param bytes Undefined: it announces nothing of the swarm, or is gone. */
  heard(node: NodeId, name: string, bytes: Uint8Array | undefined): void {
    const section = bytes === undefined ? undefined : decodeSection(bytes);
    if (section === undefined) this.sections.delete(node);
    else this.sections.set(node, { name, section });
    if (section?.home !== undefined) this.learn(section.home);
    this.refresh();
  }

  /** This node has claimed its store. `other`: it is not the home, and must not be written. */
  claimed(id: string): 'home' | 'new home' | 'other' {
    this.own = { host: '', ...this.own, canKeep: true, id };
    const isNew = this.home === undefined;
    if (isNew) this.settleAt(id, 1);
    this.refresh();
    if (this.home?.store !== id) return 'other';
    return isNew ? 'new home' : 'home';
  }

  /** This machine's store becomes the home, whatever the one before has in it. */
  adopt(done: (home: Home) => void, failed: (why: Failure) => void): void {
    const settle = (id: string): void => {
      const { home } = this;
      if (home?.store === id) return done(home);
      const next = this.homeAt(id, (home?.generation ?? 0) + 1);
      this.ports.ask('note', next, (completion) => {
        if (!completion.ok) return failed(completion.failure);
        this.home = next;
        this.refresh();
        done(next);
      });
    };
    this.ports.ask('look', 'make', (completion) => {
      if (!completion.ok) return failed(completion.failure);
      this.looked(completion.value as Look);
      settle((completion.value as Look).id as string);
    });
  }

  nextDeadline(): number {
    return this.lookAgainAt;
  }

  deadline(now: number): void {
    if (now < this.lookAgainAt) return;
    this.lookAgainAt = never;
    this.lookedFor = '';
    this.refresh();
  }

  // ── what is known ─────────────────────────────────────────────────────────────────────────────────

  private look(how: LookHow): void {
    if (this.isLooking) return;
    this.isLooking = true;
    this.ports.ask('look', how, (completion) => {
      this.isLooking = false;
      if (completion.ok) this.looked(completion.value as Look);
      else this.notLooked(how, completion.failure);
      this.refresh();
    });
  }

  private looked({ id, note, host }: Look): void {
    this.own = {
      canKeep: true,
      id: id ?? (id === null ? null : this.own?.id),
      host: host.slice(0, hostLengthMax),
    };
    const noted = homeOfNote(note);
    if (noted !== undefined && (this.home === undefined || outranksHome(noted, this.home))) this.home = noted;
    else if (this.home !== undefined && noted?.store !== this.home.store) this.note(this.home);
  }

  private notLooked(how: LookHow, why: Failure): void {
    const { code, message } = why;
    const { agent } = this.ports;
    // It has none at all.
    const isNone = code === 'SKEIN_INVALID';
    if (how === 'closed') this.own = { canKeep: false, id: null, host: '' };
    this.ownProblem = isNone ? undefined : why;
    if (!isNone) agent.log('error', `the store of this node is left alone: ${message}`);
  }

  private learn(home: Home): void {
    if (this.home !== undefined && !outranksHome(home, this.home)) return;
    const before = this.home;
    this.home = home;
    this.note(home);
    const { id } = this.own ?? {};
    if (before !== undefined && before.store === id && home.store !== id)
      this.ports.agent.log(
        'warn',
        `the swarm is kept on ${home.host} from now on: what the store of this machine has is handed out no more; \`skein store merge FILE\` there moves it, with the file of this store; \`skein store adopt\` here makes this one the swarm's again`,
        { store: home.store },
      );
  }

  private note(home: Home): void {
    if (this.own?.canKeep !== true) return;
    this.ports.ask('note', home, (completion) => {
      if (!completion.ok)
        this.ports.agent.log(
          'error',
          `where the swarm is kept is not remembered: ${completion.failure.message}`,
        );
    });
  }

  private settleAt(id: string, generation: number): void {
    this.home = this.homeAt(id, generation);
    this.note(this.home);
  }

  private homeAt(store: string, generation: number): Home {
    const { agent } = this.ports;
    return { store, generation, since: Math.max(0, Math.floor(agent.wallNow)), host: this.own?.host ?? '' };
  }

  // ── who keeps it ──────────────────────────────────────────────────────────────────────────────────

  private refresh(): void {
    const next = this.standingNow();
    this.standing = next;
    this.turn = this.turnNow();
    if (next.problem === undefined || this.denied !== undefined || this.own?.canKeep !== true)
      this.lookAgainAt = never;
    else if (this.lookAgainAt === never)
      this.lookAgainAt = this.ports.agent.now + swarmLimits.swarmLookAgainMs;
    this.announce();
    this.ports.changed();
  }

  private turnNow(): Keeping['turn'] {
    const epoch = this.isKeeper ? (this.ports.formation.brokerOfNodes?.epoch ?? 0) : 0;
    if (epoch === this.turn.epoch) return this.turn;
    return { epoch, number: epoch === 0 ? 0 : 1 + Math.floor(this.ports.agent.random.next() * turnMax) };
  }

  private standingNow(): Standing {
    const { formation } = this.ports;
    if (this.denied !== undefined) return { problem: this.denied };
    const broker = formation.brokerOfNodes;
    if (broker === undefined) return {};
    return formation.isBroker ? this.decided() : this.saidBy(broker.node);
  }

  /** As the broker. */
  private decided(): Standing {
    const { own, home } = this;
    if (own === undefined) return {};
    const { name } = this.ports.agent.self;
    if (home === undefined) {
      const keeper = own.canKeep ? name : this.oneOf(({ canKeep }) => canKeep);
      return keeper === undefined ? { problem: this.ownProblem ?? noStore() } : { keeper };
    }
    if (own.id === home.store) return { keeper: name };
    // Until it is seen whether this node's store was put back nobody has the home still.
    if (this.isToLook(home)) return this.standing.problem === undefined ? {} : this.standing;
    const keeper = this.oneOf((section) => section.hasHome && section.home?.store === home.store);
    return keeper === undefined ? { problem: elsewhere(home) } : { keeper };
  }

  private saidBy(broker: NodeId): Standing {
    const section = this.sections.get(broker)?.section;
    if (section === undefined) return {};
    const { keeper, isNobody } = section;
    const { own, home } = this;
    // What this machine remembers of the home may outrank what the broker knows: a restarted one would send to a wrong one.
    if (own === undefined) return {};
    // It has not heard yet of the home that counts.
    if (home !== undefined && section.home !== undefined && outranksHome(home, section.home)) return {};
    const isOwn = home === undefined || own.id === home.store;
    if (keeper === this.ports.agent.self.name && !isOwn) {
      this.isToLook(home);
      return {};
    }
    if (keeper !== undefined) return { keeper };
    if (!isNobody) return {};
    // The broker cannot know that this node has it before this node does.
    if (!isOwn) this.isToLook(home);
    return { problem: home === undefined ? noStore() : elsewhere(home) };
  }

  /** What was seen of this node's store may have changed since: another node of this machine writes it, or somebody else. */
  private isToLook(home: Home): boolean {
    if (this.own?.canKeep !== true) return false;
    const wanted = `${home.store} ${this.ports.formation.brokerOfNodes?.epoch}`;
    if (this.lookedFor === wanted) return this.isLooking;
    this.lookedFor = wanted;
    this.look('open');
    return true;
  }

  /** The one that keeps it, where it fits still: changing without need costs what waits there. */
  private oneOf(fits: (section: Section) => boolean): string | undefined {
    let best: string | undefined;
    for (const { name, section } of this.sections.values()) {
      if (!fits(section)) continue;
      if (name === this.standing.keeper) return name;
      if (best === undefined || name < best) best = name;
    }
    return best;
  }

  private announce(): void {
    const { ports, own, home, standing } = this;
    const isBroker = ports.formation.isBroker;
    const hasHome = home !== undefined && own?.id === home.store;
    const canKeep = own?.canKeep === true;
    const keeper = isBroker ? standing.keeper : undefined;
    const isNobody = isBroker && standing.problem !== undefined;
    const { epoch: keepsFor, number: turn } = this.turn;
    const section = { canKeep, hasHome, home, keeper, isNobody, keepsFor, turn };
    const text = JSON.stringify(section);
    if (text === this.announced) return;
    this.announced = text;
    const isEmpty =
      own === undefined || (!canKeep && home === undefined && keeper === undefined && !isNobody);
    ports.agent.announce(isEmpty ? undefined : encodeSection(section));
  }
}

function noStore(): Failure {
  const text = 'no node of this swarm has a store: start one without "store: none"';
  return failure('SKEIN_STORE', text);
}

function elsewhere({ store, host }: Home): Failure {
  const text = `the swarm is kept on ${host === '' ? 'a machine' : host} (store ${store.slice(0, 8)}), and no node that has this store is here: start one there; where it is gone for good, \`skein store adopt\` goes on with the store of the machine where it is run`;
  return failure('SKEIN_STORE_ELSEWHERE', text, { host, store });
}
