/**
 * Who is meant by a name that a program wants a channel to: a node, one that offers a service, or whomever the
 * formation's broker names.
 *
 * Made by the local node, asked by the channels. Invariant: a node of that name goes before a service, and what this
 * mesh knows before what a broker would say; each question ends once.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import type { Platform } from '../../../node/platform.ts';
import type { Runtime } from '../../../node/runtime.ts';
import type { SkeinKernel } from '../../../node/skein-kernel.ts';
import type { Channel, PairRequest } from '../../channels/api/channel.ts';
import { formationFeature } from '../core/formation.ts';
import type { Paired } from '../core/formation-types.ts';

export interface PartnersPorts {
  readonly runtime: () => Runtime;
  readonly core: () => SkeinKernel;
  readonly selfName: () => string;
  readonly platform: () => Platform;
}

/** What programs that speak nanomsg are taken to speak. */
const nanomsgProtocol = 'nanomsg';

export class Partners {
  private readonly ports: PartnersPorts;

  constructor(ports: PartnersPorts) {
    this.ports = ports;
  }

  /** A node of this mesh, where nobody need be asked. @throws SkeinError SKEIN_SELF */
  known(name: string): NodeId | undefined {
    const { core, selfName } = this.ports;
    if (name === selfName())
      throw new SkeinError('SKEIN_SELF', `${name} is this node itself: a channel leads to another`);
    const { records, table, kernel } = core();
    const node = records.get(idOf(name));
    if (node !== undefined) return node.id;
    return table.providers(idOf(name)).find((id) => id !== kernel.self.id);
  }

  /**
   * Asks the formation. A program that is no node comes to this one's port, and is expected from the first moment on.
   * @throws SkeinError SKEIN_UNKNOWN_NODE with the broker's reason, SKEIN_TIMEOUT, SKEIN_BUSY, SKEIN_ABORTED.
   */
  async ask(name: string, signal: AbortSignal | undefined): Promise<NodeId | Channel> {
    const done = new AbortController();
    const given = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
    const meeting = this.ports.platform().meetings?.expect(name, given);
    // Of no interest unless it turns out to be such a program.
    meeting?.catch(() => undefined);
    try {
      const paired = await this.ports.runtime().command<Paired>(formationFeature, 'pair', name).answer;
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
    const { meetings } = this.ports.platform();
    if (meetings === undefined) return undefined;
    // Such a program cannot be told: it waits in vain.
    const refuse = (): void => undefined;
    return { from, protocol: nanomsgProtocol, accept: () => meetings.visit(from, address), refuse };
  }
}
