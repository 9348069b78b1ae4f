/**
 * The datagrams of discovery: how a node says that it looks for links, and what it makes of what others say.
 *
 * Made by the discovery behavior. What was heard goes into the journal, whether it could be read or not, and what
 * concerns this node is handed on (`heard`). Invariant: at most `datagramsPerSecond` are read, and with a mesh key
 * nothing leaves unsealed and nothing unsealed is heeded.
 */
import type { BehaviorAgent, DatagramSeal } from '../../../kernel/contracts.ts';
import { idOf } from '../../../kernel/identity.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import { sharedLast } from '../../../kernel/routing/shared-addresses.ts';
import { concernsOthers } from './answering.ts';
import type { Journal } from './journal.ts';
import { discoveryLimits } from './limits.ts';
import { answerableAddresses } from './origin.ts';
import {
  decodeSolicitation,
  encodeSolicitation,
  isSealed,
  isSolicitation,
  type Solicitation,
} from './solicitation.ts';

export interface DatagramsPorts {
  readonly journal: Journal;
  /** Undefined: datagrams are open, as all is without a key. */
  readonly seal: DatagramSeal | undefined;
  readonly heard: (agent: BehaviorAgent, solicitation: Solicitation) => void;
}

export class Datagrams {
  private readonly ports: DatagramsPorts;
  private readonly bucket = new TokenBucket(
    discoveryLimits.datagramsPerSecond,
    discoveryLimits.datagramsBurst,
    0,
  );

  constructor(ports: DatagramsPorts) {
    this.ports = ports;
  }

  solicit(agent: BehaviorAgent, wants: number): void {
    let component = agent.self.id;
    for (const id of agent.routes.reachable()) component = Math.min(component, id);
    const { journal, seal } = this.ports;
    journal.solicited();
    const bytes = encodeSolicitation({
      name: agent.self.name,
      namespace: agent.self.namespace,
      instance: agent.self.instance,
      wants,
      component,
      componentSize: agent.routes.reachableCount + 1,
      wallTimeMs: Math.round(agent.wallNow),
      nonce: agent.random.bytes(8),
      addresses: sharedLast(agent, agent.self.addresses),
    });
    const sealed = seal === undefined ? bytes : seal.seal(bytes);
    if (sealed !== undefined) agent.broadcastDatagram(sealed);
  }

  /** False: it is none of discovery's. */
  arrived(agent: BehaviorAgent, bytes: Uint8Array, from: string): boolean {
    const { journal, seal } = this.ports;
    if (!this.bucket.take(agent.now)) {
      journal.unreadable('excess', agent.now);
      return true;
    }
    if (seal === undefined) {
      if (isSolicitation(bytes)) return this.solicitationHeard(agent, bytes, from);
      // Sealed ones begin alike: not having the key is worth telling.
      if (!isSealed(bytes)) return false;
      journal.unreadable('sealed', agent.now);
      return true;
    }
    const opened = seal.open(bytes);
    if (opened.outcome === 'opened') return this.solicitationHeard(agent, opened.bytes, from);
    if (opened.outcome === 'clock') {
      const name = decodeSolicitation(opened.bytes)?.name;
      if (name !== undefined) journal.clockDiffers(name, opened.aheadMs, agent.now);
    } else if (opened.outcome !== 'foreign' || isSolicitation(bytes)) {
      journal.unreadable(opened.outcome === 'foreign' ? 'open' : opened.outcome, agent.now);
    } else return false;
    return true;
  }

  private solicitationHeard(agent: BehaviorAgent, bytes: Uint8Array, from: string): boolean {
    const { journal, heard, seal } = this.ports;
    const said = decodeSolicitation(bytes);
    if (said === undefined) {
      journal.malformed();
      return true;
    }
    const addresses = answerableAddresses(said.addresses, from, seal !== undefined);
    const solicitation = { ...said, addresses };
    if (concernsOthers(agent, idOf(solicitation.name), solicitation.instance)) {
      journal.heard(solicitation, agent.now);
      heard(agent, solicitation);
    }
    return true;
  }
}
