/** The log of a node in this process: questions to the broker, page by page. */
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { LogApi } from '../api.ts';
import type { Log } from '../core/log.ts';
import type { LogFeatureShape } from '../shape.ts';
import { checkFollow, checkKeep, checkList, checkReader } from './check-options.ts';
import { Following } from './following.ts';
import { Keeping } from './keeping.ts';
import { listed } from './listing.ts';
import { LogSource } from './log-source.ts';
import type { ReaderPorts } from './reader.ts';

export function logFacade(node: NodePorts<LogFeatureShape, Log>): Facade<LogFeatureShape> {
  const followings = new Set<Following>();
  const keepings = new Set<Keeping>();
  let whenIdle: (() => void) | undefined;
  let hasEnded = false;
  // Not `ask`: while the node closes, what a durable reader has handled is still acknowledged.
  const source = new LogSource((verb, input) => node.begin('ask', { verb, input }).answer);
  const ports: ReaderPorts = {
    source,
    isClosed: () => hasEnded,
    after: (milliseconds, callback) => node.after(milliseconds, callback),
  };
  const log: LogApi = {
    async list(options = {}) {
      checkList(options);
      node.checkOpen();
      return listed(source, options);
    },
    follow(options = {}) {
      checkFollow(options);
      node.checkOpen();
      const following = new Following(ports, options, () => followings.delete(following));
      followings.add(following);
      return following.stream;
    },
    keep(name, handler, options = {}) {
      checkKeep(name, handler, options);
      node.checkOpen();
      const ended = (): void => {
        keepings.delete(keeping);
        if (keepings.size === 0) whenIdle?.();
      };
      const warn = (text: string): void => node.warn('log', text);
      const keeping = new Keeping({ ...ports, warn, ended }, name, handler, options);
      keepings.add(keeping);
      return keeping.subscription;
    },
    async readers() {
      node.checkOpen();
      return source.readers();
    },
    async forget(name) {
      checkReader(name);
      node.checkOpen();
      return source.forget(name);
    },
  };
  return {
    api: { log },
    drain(idle) {
      for (const keeping of keepings) keeping.stop();
      // Its answer may not come: the node waits for a limited time.
      const kept = (): void => {
        if (node.behavior.isIdle) idle();
        else node.begin('drain', undefined).answer.then(idle, idle);
      };
      if (keepings.size === 0) kept();
      else whenIdle = kept;
    },
    end(error) {
      hasEnded = true;
      for (const keeping of keepings) keeping.stop();
      for (const following of [...followings]) following.end(error);
    },
  };
}
