/**
 * The denials' handler of one link: the whole list as it opens, and the neighbor's lists as they come.
 *
 * Made by the denials' behavior, which sends what changes later. Invariant: a neighbor that sends more lists than it may,
 * or what is none, loses its link: nothing that it has said is lost, since the next link begins with the whole list.
 */
import type { ConnectionAgent, ConnectionHandler, Frame, Shape } from '../../../kernel/contracts.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import type { Denial } from './denial.ts';
import { denialLimits } from './limits.ts';
import { DenialType, decodeDenials, encodeDenials } from './wire.ts';

/** A neighbor has said what it knows. */
interface Heard {
  readonly denials: readonly Denial[];
}

export interface ExchangeShape extends Shape {
  readonly toBehavior: Heard;
}

export class Exchange implements ConnectionHandler<ExchangeShape> {
  private readonly entries: () => readonly Denial[];
  private allowance: TokenBucket | undefined;

  /** @param entries All that this member knows. */
  constructor(entries: () => readonly Denial[]) {
    this.entries = entries;
  }

  opened(agent: ConnectionAgent<ExchangeShape>): void {
    const { denialListsPerSecond, denialListsBurst } = denialLimits;
    this.allowance = new TokenBucket(denialListsPerSecond, denialListsBurst, agent.now);
    const entries = this.entries();
    if (entries.length > 0) agent.sendHere(encodeDenials(entries), { type: DenialType.list, urgent: true });
  }

  message(agent: ConnectionAgent<ExchangeShape>, frame: Frame): void {
    if (this.allowance?.take(agent.now) !== true)
      return cutOff(agent, 'sends too many lists of denied nodes');
    const denials = frame.type === DenialType.list ? decodeDenials(frame.payload) : undefined;
    if (denials === undefined) return cutOff(agent, 'sent a list of denied nodes that makes no sense');
    agent.tellBehavior({ denials });
  }
}

function cutOff(agent: ConnectionAgent<ExchangeShape>, what: string): void {
  agent.log('warn', `${agent.neighbor.name} ${what}: its link is closed`, {
    address: agent.neighbor.address,
  });
  agent.close('protocol');
}
