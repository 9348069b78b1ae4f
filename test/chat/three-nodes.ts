/**
 * A swarm of three nodes that are processes of their own, and the programs that attach to them.
 *
 * Called by the tests of Chat's requirements. Invariant: all three have found each other before a test begins, and nothing
 * of them is left once they are closed.
 */
import { join } from 'node:path';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { Site } from '../e2e/helpers.ts';

export class ThreeNodes {
  readonly site: Site;
  private readonly attached: SkeinNode[] = [];

  private constructor(site: Site) {
    this.site = site;
  }

  static async open(name: string): Promise<ThreeNodes> {
    const nodes = new ThreeNodes(await Site.open(undefined, { SKEIN_NAMESPACE: `${name}-${process.pid}` }));
    await Promise.all(['a', 'b', 'c'].map((each) => nodes.start(each)));
    await Promise.all(nodes.attached.map((node) => node.ready({ count: 3 })));
    return nodes;
  }

  /** Those that it was opened with: `a`, `b` and `c`. */
  get all(): readonly [SkeinNode, SkeinNode, SkeinNode] {
    return ['a', 'b', 'c'].map((name) => this.attached.find((node) => node.name === name)) as [
      SkeinNode,
      SkeinNode,
      SkeinNode,
    ];
  }

  /** One more node, with a program attached to it. */
  async start(name: string): Promise<SkeinNode> {
    await this.site.up(name);
    const node = await attach({ control: join(this.site.folder, 'run', `${name}.sock`) });
    this.attached.push(node);
    return node;
  }

  async close(): Promise<void> {
    await Promise.all(this.attached.map((node) => node.close()));
    await this.site.close();
  }
}
