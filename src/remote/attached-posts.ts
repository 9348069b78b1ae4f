/**
 * `post` of an attached node: fire and forget through the control socket, with a bound on what is under way.
 *
 * Part of an attached node. Invariant: a program that posts faster than the socket takes is told `false`
 * instead of filling its memory; what became of a post is nobody's knowledge, as everywhere.
 */

import { defaultKind, type Kind } from '../features/messaging/api/kind.ts';
import { messagingLimits } from '../features/messaging/core/limits.ts';
import { SkeinError } from '../kernel/errors.ts';
import { checkName } from '../kernel/identity.ts';
import { bodyToJson } from '../kit/body.ts';
import { encodeBody } from '../kit/codec.ts';
import { validateNow } from '../kit/schema.ts';
import { nameOf } from './attached-streams.ts';
import type { ControlClient } from './client.ts';
import { controlLimits } from './limits.ts';
import type { CallInput } from './registry.ts';

export class AttachedPosts {
  private readonly client: ControlClient;
  private readonly self: string;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(client: ControlClient, self: string) {
    this.client = client;
    this.self = self;
  }

  post<Body>(to: string, body: Body, kind: Kind<Body> | string = defaultKind): boolean {
    checkName(to, 'recipient');
    if (to === this.self) {
      throw new SkeinError('SKEIN_SELF', `${to} is this node itself: a node cannot send to itself`);
    }
    if (this.client.closed) throw new SkeinError('SKEIN_CLOSED', 'this client is closed');
    const value = typeof kind === 'string' ? body : validateNow(kind, body);
    const { byteLength } = encodeBody(value).bytes;
    if (byteLength > messagingLimits.partBytes) {
      throw new SkeinError(
        'SKEIN_TOO_LARGE',
        `post: ${byteLength} bytes are over ${messagingLimits.partBytes}; use send`,
      );
    }
    if (this.underWay.size >= controlLimits.postsUnderWayMax) return false;
    this.send(to, value, nameOf(kind as Kind<unknown> | string));
    return true;
  }

  async drained(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private send(to: string, value: unknown, kind: string): void {
    const input: CallInput<'send'> = {
      to: [to],
      body: bodyToJson(value),
      kind,
      receipt: 'none',
      require: 'none',
    };
    const sent: Promise<unknown> = this.client
      .call('send', input)
      .catch(() => {})
      .finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }
}
