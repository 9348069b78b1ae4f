/**
 * `post` of an attached node: fire and forget through the control socket, with a bound on what is under way.
 *
 * Part of an attached node. Invariant: a program that posts faster than the socket takes is told `false`
 * instead of filling its memory; what became of a post is nobody's knowledge, as everywhere.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { checkName } from '../../../kernel/identity.ts';
import type { Session } from '../../../kit/session.ts';
import type { operations } from '../remote.ts';
import { defaultKind, type Kind, kindName } from './kind.ts';
import { checkSmall } from './small-body.ts';

/** Of one attached client. */
const postsUnderWayMax = 1024;

export class AttachedPosts {
  private readonly session: Session<typeof operations>;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(session: Session<typeof operations>) {
    this.session = session;
  }

  post<Body>(to: string, body: Body, kind: Kind<Body> | string = defaultKind): boolean {
    checkName(to, 'recipient');
    if (to === this.session.node) {
      throw new SkeinError('SKEIN_SELF', `${to} is this node itself: a node cannot send to itself`);
    }
    this.session.checkOpen();
    const value = checkSmall('post', body, kind as Kind<never> | string);
    if (this.underWay.size >= postsUnderWayMax) return false;
    this.send(to, value, kindName(kind as Kind<never> | string));
    return true;
  }

  async drained(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private send(to: string, value: unknown, kind: string): void {
    const sent: Promise<unknown> = this.session
      .call('post', { to, body: value, kind })
      .catch(() => {})
      .finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }
}
