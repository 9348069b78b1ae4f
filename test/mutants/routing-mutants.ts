/** Slips in finding the way: routes, forwarding. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const table = 'src/kernel/routing/link-state.ts';
const forwarder = 'src/kernel/forwarder.ts';

export const routingMutants: readonly Mutant[] = [
  {
    name: 'one-end-is-enough',
    breaks: 'an edge counts when only one of its ends announces it',
    file: 'src/kernel/routing/records.ts',
    find: '!other.isOver && other.edges.includes(record.index)',
    replace: '!other.isOver',
  },
  {
    name: 'stale-next-hop',
    breaks: 'the routes keep a neighbor whose link is down',
    file: table,
    find: 'this.links.delete(neighbor);\n    this.dirty = true;',
    replace: 'this.dirty = true;',
  },
  {
    name: 'depth-first',
    breaks: 'routes are searched depth first, so that they are not the shortest',
    file: table,
    find: 'if (this.hops[next] === unvisited) this.visit(next, hops, via);',
    replace:
      'if (this.hops[next] !== unvisited) continue;\n      this.visit(next, hops, via);\n      this.expand(next);',
  },
  {
    name: 'route-around-forgotten',
    breaks: 'the routes are not computed anew when a record changes',
    file: 'src/kernel/routing/records.ts',
    find: 'record.edges = this.edgesOf(announcement);\n    if (this.connect(record)) this.version++;',
    replace: 'record.edges = this.edgesOf(announcement);\n    this.connect(record);',
  },
  {
    name: 'ttl-not-counted',
    breaks: 'a hop does not count the ttl down',
    file: forwarder,
    find: 'frame.takeHop();',
    replace: '',
  },
  {
    name: 'back-where-it-came-from',
    breaks: 'a frame may leave by the neighbor it came from',
    file: forwarder,
    find: "if (path.action === 'reject' || path.neighbor === from.id)\n      return",
    replace: "if (path.action === 'reject')\n      return",
  },
  {
    name: 'relay-does-not-deliver',
    breaks: 'a recipient that must pass a message on to others does not take it itself',
    file: forwarder,
    find: 'if (local) this.toBehavior(frame, from);',
    replace: 'if (local && hops.size === 0) this.toBehavior(frame, from);',
  },
];
