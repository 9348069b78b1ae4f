/**
 * What discovery has tried and heard, kept to answer `why`.
 *
 * Who calls it: the discovery behavior. Invariant: it only remembers (boundedly) and words; nothing is
 * decided here. The sentences name the address, what was tried and what came of it.
 */
import type { BehaviorAgent, Finding, Neighbor, OutgoingError, Sighting } from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import type { Solicitation } from './solicitation.ts';

/** Somebody heard of without a link. */
interface Heard {
  readonly name: string;
  readonly namespace: string;
  readonly origin: string;
  readonly addresses: readonly string[];
  readonly at: number;
}

interface FailedDial {
  readonly address: string;
  readonly failure: Failure;
  readonly node: number | undefined;
  readonly at: number;
}

export interface JournalView {
  readonly agent: BehaviorAgent;
  readonly degree: number;
  readonly solicits: boolean;
  readonly broadcastTargets: readonly string[];
  readonly seeds: readonly {
    readonly address: string;
    readonly state: string;
    readonly lastFailure: Failure | undefined;
  }[];
  /** How long a node whose link was hung up by hand is still left alone; 0 or less: it is not. */
  readonly quietForMs: (node: NodeId) => number;
}

/** `sealed`: it has a key and we have none. `open`: the reverse. */
export type Unreadable = 'sealed' | 'open' | 'other-key' | 'replay' | 'excess';

/** Each solicitation goes to several targets: that one comes again is no news. */
const unreadableTexts: Readonly<Record<Exclude<Unreadable, 'replay'>, string>> = {
  sealed: 'solicitations of nodes with a mesh key were heard; this node has none: skein key add',
  open: 'solicitations of nodes without a key were heard; this node has one and answers members only',
  'other-key': 'solicitations sealed with another mesh key were heard; compare with: skein key show',
  excess: 'datagrams were dropped unread: too many came at once',
};

/** An older refusal explains nothing any more. */
const refusalsToldMs = 60_000;
/** Whoever still runs has been heard within this: beacons, re-scans and solicitations all come more often. */
const strangersToldMs = 300_000;

export class Journal {
  solicitationsSent = 0;
  solicitationsHeard = 0;
  private solicitationsAnswered = 0;
  private malformedCount = 0;
  private readonly heardByName = new Map<string, Heard>();
  private readonly failedByAddress = new Map<string, FailedDial>();
  private readonly unreadables = new Map<Unreadable, { readonly count: number; readonly at: number }>();
  /** By name of a member whose datagrams are too old or too young. */
  private readonly clocks = new Map<string, { readonly aheadMs: number; readonly at: number }>();
  private readonly refusedByAddress = new Map<string, { readonly failure: Failure; readonly at: number }>();

  solicited(): void {
    this.solicitationsSent++;
  }

  answered(): void {
    this.solicitationsAnswered++;
  }

  malformed(): void {
    this.malformedCount++;
  }

  /** A datagram of another mesh, or one that came again. */
  unreadable(why: Unreadable, at: number): void {
    const { count } = this.unreadables.get(why) ?? { count: 0 };
    this.unreadables.set(why, { count: count + 1, at });
  }

  /** By what is wrong with them. */
  get unreadableCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.unreadables].map(([why, { count }]) => [why, count]));
  }

  clockDiffers(name: string, aheadMs: number, at: number): void {
    remember(this.clocks, name, { aheadMs, at });
  }

  heard(solicitation: Solicitation, at: number): void {
    this.solicitationsHeard++;
    const { name, namespace, addresses } = solicitation;
    // This one came in time, so older ones were not its clock's fault, or it has been set since.
    this.clocks.delete(name);
    remember(this.heardByName, name, { name, namespace, addresses, origin: 'a solicitation', at });
  }

  sighted(sighting: Sighting, at: number): void {
    const { name, namespace, addresses, origin } = sighting;
    remember(this.heardByName, name, { name, namespace, addresses, origin, at });
  }

  dialFailed(error: OutgoingError, at: number): void {
    const { address, failure, node } = error;
    remember(this.failedByAddress, address, { address, failure, node, at });
  }

  refused(address: string, failure: Failure, at: number): void {
    remember(this.refusedByAddress, address, { failure, at });
  }

  /** @param addresses Those that it is known by: the link itself may have come in from any port. */
  linked(neighbor: Neighbor, addresses: readonly string[]): void {
    const own = new Set([neighbor.address, ...addresses]);
    for (const { address, node } of this.failedByAddress.values())
      if (own.has(address) || node === neighbor.id) this.failedByAddress.delete(address);
    this.heardByName.delete(neighbor.name);
  }

  explain(node: string | undefined, view: JournalView): Finding[] {
    return node === undefined ? this.whyAlone(view) : this.whyMissing(node, view);
  }

  private whyAlone(view: JournalView): Finding[] {
    const findings = [
      ...this.links(view),
      ...this.solicitations(view),
      ...seedFindings(view),
      ...this.hungUp(view),
      ...this.strangers(view),
    ];
    for (const [address, { failure, at }] of this.refusedByAddress) {
      if (view.agent.now - at > refusalsToldMs) continue;
      findings.push({ code: 'refused', text: `${address} refused the link: ${failure.message}` });
    }
    for (const [why, { count }] of this.unreadables)
      if (why !== 'replay')
        findings.push({ code: `datagrams-${why}`, text: `${unreadableTexts[why]} (${timesOf(count)})` });
    for (const name of this.clocks.keys()) findings.push(...this.clockFindings(name, view));
    if (this.malformedCount > 0) {
      findings.push({
        code: 'malformed',
        text: `${counted(this.malformedCount, 'solicitation')} could not be read`,
      });
    }
    return findings;
  }

  /** Nobody in reach is accused: whoever recorded its datagrams may play them again long after. */
  private clockFindings(node: string, { agent }: Pick<JournalView, 'agent'>): Finding[] {
    const clock = this.clocks.get(node);
    const isInReach = node === agent.self.name || agent.directory.get(idOf(node))?.reachable === true;
    if (clock === undefined || isInReach) return [];
    const direction = clock.aheadMs > 0 ? 'ahead of' : 'behind';
    const seconds = Math.round(Math.abs(clock.aheadMs) / 1000);
    const text = `the clock of ${node} is ${seconds} s ${direction} this machine's: its solicitations are not answered; set the clocks right (NTP)`;
    return [{ code: 'clock', text }];
  }

  private links({ agent, degree }: JournalView): Finding[] {
    const count = agent.neighbors.size;
    const { reachableCount } = agent.routes;
    const others = `${counted(reachableCount, 'other node')} reachable`;
    const all = count > 0 && count === reachableCount ? ', all of them linked' : '';
    const text = `${count} of ${degree} wanted links, ${others}${all}`;
    return [{ code: count === 0 ? 'alone' : 'linked', text }];
  }

  private solicitations({ agent, degree, solicits, broadcastTargets }: JournalView): Finding[] {
    if (degree === 0)
      return [
        { code: 'degree-0', text: 'degree is 0: this node never solicits, it only answers and dials seeds' },
      ];
    if (!solicits)
      return [
        { code: 'no-udp', text: 'no solicitations are sent: UDP discovery is off or not possible here' },
      ];
    const targets = broadcastTargets.length === 0 ? 'the broadcast address' : broadcastTargets.join(', ');
    const count = `${counted(this.solicitationsSent, 'solicitation')} on ${targets}`;
    if (this.solicitationsAnswered > 0)
      return [
        { code: 'answered', text: `${count}, answered by ${counted(this.solicitationsAnswered, 'link')}` },
      ];
    // Who is linked to all that are there has nobody who could answer.
    if (agent.neighbors.size > 0 && agent.neighbors.size === agent.routes.reachableCount) return [];
    return [{ code: 'unanswered', text: `${count} unanswered` }];
  }

  /** Of all that are within reach. */
  private hungUp(view: JournalView): Finding[] {
    const { directory, routes } = view.agent;
    const names = [...routes.reachable()].flatMap((id) => directory.get(id)?.name ?? []);
    return names.flatMap((name) => quietFindings(name, view));
  }

  private strangers({ agent }: JournalView): Finding[] {
    const { namespace } = agent.self;
    const heard = [...this.heardByName.values()].filter(({ at }) => agent.now - at <= strangersToldMs);
    const strangers = heard.filter((entry) => entry.namespace !== namespace);
    const findings: Finding[] = strangers.map((entry) => ({
      code: 'other-namespace',
      text: `${entry.name} was heard by ${entry.origin} ${secondsSince(entry.at, agent.now)} s ago, but it is of namespace ${entry.namespace}, not ${namespace}`,
    }));
    if (heard.length === strangers.length && agent.neighbors.size === 0) {
      findings.push({ code: 'nobody-heard', text: `no node of namespace ${namespace} heard` });
    }
    return findings;
  }

  private whyMissing(node: string, view: JournalView): Finding[] {
    return [
      ...this.hearsay(node, view),
      ...this.clockFindings(node, view),
      ...quietFindings(node, view),
      ...this.failedDials(node, view),
    ];
  }

  private hearsay(node: string, { agent }: JournalView): Finding[] {
    const heard = this.heardByName.get(node);
    if (heard === undefined) return [];
    const isOurs = heard.namespace === agent.self.namespace;
    const other = isOurs
      ? ''
      : `; it is of namespace ${heard.namespace}, this node of ${agent.self.namespace}`;
    const ago = secondsSince(heard.at, agent.now);
    return [{ code: 'heard', text: `${node} was heard by ${heard.origin} ${ago} s ago${other}` }];
  }

  /** Of a neighbor they are over, whatever they were. */
  private failedDials(node: string, { agent }: JournalView): Finding[] {
    const id = idOf(node);
    if (agent.neighbors.has(id)) return [];
    const known = [this.heardByName.get(node), agent.directory.get(id)];
    const addresses = new Set(known.flatMap((entry) => entry?.addresses ?? []));
    return [...this.failedByAddress.values()]
      .filter((failed) => addresses.has(failed.address) || failed.node === id)
      .map(({ address, failure }) => ({
        code: 'dial-failed',
        text: `the last dial of ${address} failed: ${failure.message}`,
      }));
  }
}

function quietFindings(node: string, { quietForMs }: JournalView): Finding[] {
  const seconds = Math.ceil(quietForMs(idOf(node)) / 1000);
  if (seconds <= 0) return [];
  const text = `the link to ${node} was hung up by hand: neither end dials the other by itself for another ${seconds} s`;
  return [{ code: 'hung-up', text }];
}

function seedFindings({ seeds }: JournalView): Finding[] {
  return seeds.map(({ address, state, lastFailure }) => {
    if (state === 'found') return { code: 'seed-found', text: `seed ${address} was reached` };
    if (lastFailure === undefined) return { code: 'seed-dialing', text: `seed ${address} is being dialed` };
    return { code: 'seed-failed', text: `seed ${address}: ${lastFailure.message}` };
  });
}

function secondsSince(at: number, now: number): string {
  return ((now - at) / 1000).toFixed(1);
}

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  if (map.size >= limits.strangersMax) map.delete(map.keys().next().value as string);
  map.set(key, value);
}
