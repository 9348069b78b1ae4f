/**
 * A real node that holds a key which no member has, and dials members with it.
 *
 * Used by stranger.ts. Uses the package as any program would. Invariant: if a member ever lets it in, however
 * that came about, that is told.
 */
import { createNode, type LocalNode, SkeinError } from '../../src/index.ts';
import type { StrangerSettings } from './stranger-protocol.ts';

export class StrangerNode {
  private readonly node: LocalNode;
  private readonly letIn: (text: string) => void;

  private constructor(node: LocalNode, members: readonly string[], letIn: (text: string) => void) {
    this.node = node;
    this.letIn = letIn;
    const isMember = (other: string): boolean => members.includes(other);
    node.events.addEventListener('link:up', ({ detail }) => {
      if (isMember(detail.node)) this.tell(`has a link with ${detail.node}`);
    });
    node.events.addEventListener('node:up', ({ detail }) => {
      if (isMember(detail.name)) this.tell(`knows ${detail.name}`);
    });
  }

  /** Solicits by UDP as well. */
  static async open(
    name: string,
    key: string,
    { listen, discoveryPort, members }: StrangerSettings,
    letIn: (text: string) => void,
  ): Promise<StrangerNode> {
    const options = { name, key, listen, discoveryPort, folder: false };
    return new StrangerNode(await createNode(options), members, letIn);
  }

  async knock(address: string): Promise<'refused' | 'nobody'> {
    try {
      await this.node.dial(address);
    } catch (error) {
      return error instanceof SkeinError && error.code === 'SKEIN_KEY' ? 'refused' : 'nobody';
    }
    this.tell(`was let in at ${address}`);
    return 'nobody';
  }

  close(): Promise<void> {
    return this.node.close({ drainMs: 0 });
  }

  private tell(what: string): void {
    this.letIn(`${this.node.name} ${what}`);
  }
}
