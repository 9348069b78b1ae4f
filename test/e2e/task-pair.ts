/**
 * A swarm of two nodes, of which one works: in this process, or as an attached program of a `skein up`.
 *
 * Used by the tests of workers. Invariant: what was started is gone once it is closed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode } from '../../src/host/create-node.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { freeTcpPorts } from '../free-ports.ts';
import { Site } from './helpers.ts';

export const kinds = ['a node of this process', 'an attached program'] as const;
export type Kind = (typeof kinds)[number];

export interface Pair extends AsyncDisposable {
  /** Orders. */
  readonly author: SkeinNode;
  /** Works. */
  readonly worker: SkeinNode;
  /** What the worker's program is warned of. */
  readonly warnings: string[];
}

export function taskPair(kind: Kind): Promise<Pair> {
  return kind === 'an attached program' ? attachedPair() : ownPair();
}

async function ownPair(): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-tasks-'));
  const [port, other] = (await freeTcpPorts(2)) as [number, number];
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const warn = (_fields: object, text: string): unknown => warnings.push(text);
  const logger = { debug: nothing, info: nothing, warn, error: warn };
  const common = {
    ...({ discovery: false, key: false, formation: [`tcp://127.0.0.1:${port}`] } as const),
    namespace: `tasks-${process.pid}-${port}`,
    // Whichever is the broker: the other one goes on with it.
    store: join(folder, 'swarm.sqlite'),
  };
  const author = await createNode({
    ...common,
    ...{ name: 'a', listen: `127.0.0.1:${other}` },
  });
  const connect = [`127.0.0.1:${other}`];
  const worker = await createNode({ ...common, name: 'b', connect, logger });
  await author.ready({ nodes: ['b'] });
  return {
    ...{ author, worker, warnings },
    async [Symbol.asyncDispose]() {
      await Promise.all([author.close(), worker.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function attachedPair(): Promise<Pair> {
  const site = await Site.open(undefined, { SKEIN_NAMESPACE: `tasks-${process.pid}` });
  await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--count', '2', '--node', 'a');
  const control = (name: string): string => join(site.folder, 'run', `${name}.sock`);
  const [author, worker] = await Promise.all([
    attach({ control: control('a') }),
    attach({ control: control('b') }),
  ]);
  const warnings: string[] = [];
  worker.events.addEventListener('warning', ({ detail }) => warnings.push(detail.text));
  return {
    ...{ author, worker, warnings },
    async [Symbol.asyncDispose]() {
      await Promise.all([author.close(), worker.close()]);
      await site.close();
    },
  };
}
