/**
 * Whom the formation's broker means by a name that the mesh does not know: a node, or a program that speaks nanomsg.
 *
 * Made by the formation's facade, asked by the channels. Invariant: each question ends once.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Channel, PairRequest } from '../../channels/api.ts';
import type { Formation } from '../core/formation.ts';
import type { FormationFeatureShape } from '../shape.ts';
import { type Meetings, meetingsPart } from './meetings.ts';

type Ports = NodePorts<FormationFeatureShape, Formation>;

/** What programs that speak nanomsg are taken to speak. */
const nanomsgProtocol = 'nanomsg';

export class Partners {
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  private get meetings(): Meetings | undefined {
    return this.ports.platformPart<Meetings>(meetingsPart);
  }

  /**
   * Asks the formation. A program that is no node comes to this one's port, and is expected from the first moment on.
   * @throws SkeinError SKEIN_UNKNOWN_NODE with the broker's reason, SKEIN_TIMEOUT, SKEIN_BUSY, SKEIN_ABORTED.
   */
  async ask(name: string, signal: AbortSignal | undefined): Promise<NodeId | Channel> {
    const done = new AbortController();
    const given = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const meeting = this.meetings?.expect(name, given);
    // Of no interest unless it turns out to be such a program.
    meeting?.catch(() => undefined);
    try {
      const paired = await this.ports.ask('pair', name);
      if (signal?.aborted === true)
        throw new SkeinError('SKEIN_ABORTED', 'given up by the caller', { cause: signal.reason });
      if (paired.isNode) return idOf(paired.other);
      if (meeting !== undefined) return await meeting;
      throw new SkeinError('SKEIN_UNKNOWN_NODE', `${paired.other} is no node of this mesh`);
    } finally {
      done.abort();
    }
  }

  /** A program that speaks nanomsg wants this node to come to its address. Undefined: there is no going there. */
  asked(from: string, address: string): PairRequest | undefined {
    const { meetings } = this;
    if (meetings === undefined) return undefined;
    // Such a program cannot be told: it waits in vain.
    const refuse = (): void => undefined;
    return { from, protocol: nanomsgProtocol, accept: () => meetings.visit(from, address), refuse };
  }
}
