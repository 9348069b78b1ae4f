/** Slips in what nodes know of each other: records, their versions, digests, names. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/core/features/topology';

export const topologyMutants: readonly Mutant[] = [
  {
    name: 'records-deleted-on-prune',
    breaks: 'the record of a node out of reach is deleted at once instead of after an hour',
    file: 'src/core/routing/records.ts',
    find: 'if (now - record.since > limits.unreachableKeptMs) this',
    replace: 'if (now > record.since) this',
  },
  {
    name: 'sequence-before-epoch',
    breaks: 'versions of a record are compared by sequence before epoch',
    file: 'src/core/routing/announcement.ts',
    find: '  if (a.epoch !== b.epoch) return a.epoch - b.epoch;\n  if (a.sequence !== b.sequence) return a.sequence - b.sequence;',
    replace:
      '  if (a.sequence !== b.sequence) return a.sequence - b.sequence;\n  if (a.epoch !== b.epoch) return a.epoch - b.epoch;',
  },
  {
    name: 'outbid-by-nothing',
    breaks: 'a restarted node takes the epoch of its old record instead of the one above it',
    file: `${folder}/own-record.ts`,
    find: 'this.epoch = epoch + 1;',
    replace: 'this.epoch = epoch;',
  },
  {
    name: 'outbid-twice',
    breaks: 'an old record that is shown once more sets a node’s own sequence back',
    file: `${folder}/own-record.ts`,
    find: 'if (epoch < this.epoch) return;',
    replace: 'if (epoch + 1 < this.epoch) return;',
  },
  {
    name: 'outbid-without-probe',
    breaks: 'a node outbids another life of its name without asking whether it lives',
    file: `${folder}/name-watch.ts`,
    find: 'if (gone) return this.takeOver(agent, epoch);',
    replace: 'if (gone || this.contest === undefined) return this.takeOver(agent, epoch);',
  },
  {
    name: 'probe-not-answered',
    breaks: 'a living node keeps silent when it is asked whether its name is in use',
    file: `${folder}/name-watch.ts`,
    find: 'if (probe.prober === agent.self.instance) return;',
    replace: 'if (probe.prober !== agent.self.instance) return;',
  },
  {
    name: 'older-namesake-leaves',
    breaks: 'of two living nodes of one name the older one leaves',
    file: `${folder}/name-watch.ts`,
    find: 'difference < 0 : one.instance < other.instance',
    replace: 'difference > 0 : one.instance < other.instance',
  },
  {
    name: 'limit-per-link',
    breaks:
      'the rate of announcements is limited per link instead of per origin, and what exceeds it is lost',
    file: `${folder}/intake.ts`,
    find: 'if (!this.allowed(record.id, now)) {',
    replace: 'if (!this.allowed(from, now)) return ignored;\n    if (from < 0) {',
  },
  {
    name: 'no-relay',
    breaks: 'a record is not passed on to the other neighbors',
    file: `${folder}/topology.ts`,
    find: '          else exchange.queue(taken.record.id);\n',
    replace: '',
  },
  {
    name: 'link-down-not-announced',
    breaks: 'a node does not announce that it has lost a link',
    file: `${folder}/topology.ts`,
    find: 'this.exchanges.delete(neighbor.link);\n    this.own.change();',
    replace: 'this.exchanges.delete(neighbor.link);',
  },
  {
    name: 'link-up-not-announced',
    breaks: 'a node does not announce a new link',
    file: `${folder}/topology.ts`,
    find: 'this.own.change();\n    this.records.linked(',
    replace: 'this.records.linked(',
  },
  {
    name: 'digest-of-wrong-bucket',
    breaks: 'a record counts in the digest of the bucket beside its own',
    file: 'src/core/routing/digests.ts',
    find: 'const at = bucketOf(record.id) * 2;',
    replace: 'const at = bucketOf(record.id + 1) * 2;',
  },
  {
    name: 'no-digest',
    breaks: 'neighbors never compare digests',
    file: `${folder}/topology.ts`,
    find: 'for (const exchange of this.exchanges.values()) exchange.sendDigest();',
    replace: '',
  },
  {
    name: 'digest-keeps-old-version',
    breaks: 'the digest keeps the version of a record that was replaced',
    file: 'src/core/routing/records.ts',
    find: '      this.digests.toggle(record.newest, record.check);\n      this.digests.toggle(announcement, check);',
    replace: '      this.digests.toggle(announcement, check);',
  },
  {
    name: 'flooded-for-ever',
    breaks: 'what was sent to a neighbor is sent to it again with the next flood',
    file: `${folder}/exchange.ts`,
    find: '    this.queued.clear();\n',
    replace: '',
  },
  {
    name: 'summary-without-unreachable',
    breaks: 'the summary on a new link leaves out the nodes out of reach',
    file: `${folder}/exchange.ts`,
    find: 'if (buckets === undefined || (record.reachable && buckets.includes(bucketOf(record.id)))) yield record;',
    replace:
      'if (record.reachable && (buckets === undefined || buckets.includes(bucketOf(record.id)))) yield record;',
  },
  {
    name: 'summary-sends-only-unknown',
    breaks: 'the comparison on a new link sends records that the other end lacks, not those it has older',
    file: `${folder}/exchange.ts`,
    find: 'if (entry === undefined || isOlder(entry, record)) this.queue(record.id);',
    replace: 'if (entry === undefined) this.queue(record.id);',
  },
  {
    name: 'no-summary',
    breaks: 'a new link does not start with a summary',
    file: `${folder}/exchange.ts`,
    find: '    this.agent = agent;\n    this.sendSummary(undefined);',
    replace: '    this.agent = agent;',
  },
  {
    name: 'final-record-dropped',
    breaks: 'a node that leaves does not say so',
    file: `${folder}/topology.ts`,
    find: '      exchange.queue(record.id);\n      exchange.flushNow(agent.now);',
    replace: '',
  },
];
