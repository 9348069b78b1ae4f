/**
 * `pair` and `pairs`, over the channel feature.
 *
 * Made by the local node. Invariant: each request for a channel ends once, as a channel or as an error; when the node
 * ends, or starts anew under another name, so does every channel.
 */

import { SkeinError } from '../../../kernel/errors.ts';
import { checkName, idOf, type NodeId } from '../../../kernel/identity.ts';
import { shown } from '../../../kit/arguments.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { PushStream } from '../../../kit/stream.ts';
import type { MessageStream } from '../../../kit/streams.ts';
import { raced } from '../../../kit/waiting.ts';
import { whenAborted } from '../../../kit/when-aborted.ts';
import type { Channel, PairOptions, PairRequest, PairsOptions, WindowOptions } from '../api.ts';
import type { Channel as CoreChannel } from '../core/channel.ts';
import type { ChannelEvent } from '../core/channel-types.ts';
import type { Channels } from '../core/channels.ts';
import { channelLimits } from '../core/limits.ts';
import type { ChannelsFeatureShape, Finder } from '../shape.ts';
import { checkAcceptOptions, checkPairOptions, checkPairsOptions } from './check-options.ts';
import { DuplexChannel } from './duplex-channel.ts';

type Ports = NodePorts<ChannelsFeatureShape, Channels>;

const defaultProtocol = 'pair';
/** Stands for every protocol that nobody else takes. */
const anyProtocol = '';

/** Whoever waits for a channel to be accepted: what the core hands back with it. */
interface Opening {
  readonly resolve: (channel: Channel) => void;
  readonly reject: (error: Error) => void;
}

interface Acceptor {
  readonly stream: PushStream<PairRequest>;
  /** Handed to the program or not, and not decided. */
  readonly waiting: Set<CoreChannel>;
}

export class ProgramChannels {
  private readonly ports: Ports;
  private finder: Finder | undefined;
  private readonly acceptors = new Map<string, Acceptor>();
  private readonly openings = new Map<CoreChannel, Opening>();
  private readonly open = new Set<DuplexChannel>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  pair(node: string, options: PairOptions = {}): Promise<Channel> {
    checkName(node, 'pair: node');
    checkPairOptions(options);
    this.ports.usesStreams();
    if (options.signal?.aborted === true) throw aborted(options.signal);
    const id = this.known(node);
    return id === undefined ? this.askFor(node, options) : this.openTo(id, options);
  }

  findBy(finder: Finder): void {
    this.finder = finder;
  }

  /**
   * A node of this mesh goes before one that offers a service of that name, and is available.
   * @throws SkeinError SKEIN_SELF, SKEIN_NO_SERVICE
   */
  private known(name: string): NodeId | undefined {
    const { mesh } = this.ports;
    if (name === this.ports.name)
      throw new SkeinError('SKEIN_SELF', `${name} is this node itself: a channel leads to another`);
    const node = mesh.records.get(idOf(name));
    if (node !== undefined) return node.id;
    this.ports.enter();
    const provider = this.ports.behavior.provider(name);
    if (typeof provider !== 'object') return provider;
    // A program of the formation that is no node may offer it too.
    if (this.finder === undefined) throw SkeinError.from(provider);
    return undefined;
  }

  private async askFor(name: string, options: PairOptions): Promise<Channel> {
    if (this.finder === undefined)
      throw new SkeinError('SKEIN_UNKNOWN_NODE', `${name} is neither a node of this mesh nor a service`);
    const { signal, cancel } = this.ports.limitedSignal(options);
    const asked = this.finder(name, signal);
    const found = await raced(asked, signal, `${name}: the formation has not answered`).finally(cancel);
    return typeof found === 'number' ? this.openTo(found, options) : found;
  }

  private openTo(id: NodeId, options: PairOptions): Promise<Channel> {
    const { signal, protocol = defaultProtocol, timeoutMs = channelLimits.channelOpenMs } = options;
    const { windowBytes = channelLimits.channelWindowBytes } = options;
    return new Promise((resolve, reject) => {
      this.ports.enter();
      const opened = this.ports.behavior.open(id, { protocol, windowBytes, timeoutMs }, undefined);
      if ('code' in opened) return reject(SkeinError.from(opened));
      const abort = (): void => {
        this.openings.delete(opened);
        if (this.ports.tryEnter()) opened.abandon('given up before it was accepted');
        reject(aborted(signal as AbortSignal));
      };
      const ended = whenAborted(signal, abort);
      this.openings.set(opened, {
        resolve: (channel) => {
          ended();
          resolve(channel);
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      });
    });
  }

  pairs(options: PairsOptions = {}): MessageStream<PairRequest> {
    checkPairsOptions(options);
    const { protocol = anyProtocol, signal } = options;
    if (this.acceptors.has(protocol)) {
      const what = protocol === anyProtocol ? 'all other protocols' : `protocol ${protocol}`;
      throw new SkeinError('SKEIN_INVALID', `pairs: this node takes ${what} already: close that first`);
    }
    this.ports.usesStreams();
    this.offer(protocol);
    const closed = (): void => this.withdraw(protocol);
    const stream = new PushStream<PairRequest>({ closed }, Promise.resolve());
    this.acceptors.set(protocol, { stream, waiting: new Set() });
    stream.endWith(signal);
    return stream;
  }

  /** The kernel behind this node has changed: it takes what was taken, and the old one's channels are over. */
  resume(): void {
    this.endAll(new SkeinError('SKEIN_CLOSED', 'the node started anew under another name'));
    for (const protocol of this.acceptors.keys()) this.offer(protocol);
  }

  end(error: Error | undefined): void {
    const why = error ?? new SkeinError('SKEIN_CLOSED', `node ${this.ports.name} is closed`);
    this.endAll(why);
    for (const { stream } of [...this.acceptors.values()]) stream.end(error);
  }

  handle(event: ChannelEvent): void {
    for (const channel of event.channels) {
      if (event.type === 'requested') this.requested(channel);
      else this.changed(channel);
    }
  }

  // ── those who ask ─────────────────────────────────────────────────────────────────────────────────

  private offer(protocol: string): void {
    this.ports.enter();
    this.ports.behavior.offer(protocol);
  }

  private withdraw(protocol: string): void {
    const acceptor = this.acceptors.get(protocol);
    this.acceptors.delete(protocol);
    if (acceptor === undefined || !this.ports.tryEnter()) return;
    const channels = this.ports.behavior;
    channels.withdraw(protocol);
    for (const waiting of acceptor.waiting) channels.refuse(waiting, 'its program accepts nobody any more');
  }

  /** By a program that is no node. False: nobody here takes it. */
  take(request: PairRequest): boolean {
    const acceptor = this.acceptors.get(request.protocol) ?? this.acceptors.get(anyProtocol);
    acceptor?.stream.push(request);
    return acceptor !== undefined;
  }

  private requested(core: CoreChannel): void {
    const acceptor = this.acceptors.get(core.protocol) ?? this.acceptors.get(anyProtocol);
    // Withdrawn in this very turn.
    if (acceptor === undefined) return this.refuse(core, 'its program accepts nobody any more');
    acceptor.waiting.add(core);
    acceptor.stream.push({
      from: core.peer.name,
      protocol: core.protocol,
      accept: (options = {}) => {
        acceptor.waiting.delete(core);
        return this.accept(core, options);
      },
      refuse: (reason = 'it was refused') => {
        if (typeof reason !== 'string') throw new TypeError(`refuse: a reason is text, got ${shown(reason)}`);
        acceptor.waiting.delete(core);
        this.refuse(core, reason);
      },
    });
  }

  private accept(core: CoreChannel, options: WindowOptions): Channel {
    checkAcceptOptions(options);
    const { windowBytes = channelLimits.channelWindowBytes } = options;
    if (core.handle !== undefined) throw new SkeinError('SKEIN_INVALID', 'accept: it is accepted already');
    if (this.ports.tryEnter()) this.ports.behavior.accept(core, windowBytes);
    return this.opened(core);
  }

  private refuse(core: CoreChannel, reason: string): void {
    if (this.ports.tryEnter()) this.ports.behavior.refuse(core, reason);
  }

  // ── channels ──────────────────────────────────────────────────────────────────────────────────────

  private changed(core: CoreChannel): void {
    if (core.handle instanceof DuplexChannel) return core.handle.changed();
    const opening = this.openings.get(core);
    const { phase } = core;
    if (phase.name === 'over') {
      for (const { waiting } of this.acceptors.values()) waiting.delete(core);
      this.openings.delete(core);
      if (phase.failure !== undefined) opening?.reject(SkeinError.from(phase.failure));
    } else if (opening !== undefined && phase.name === 'open') {
      this.openings.delete(core);
      opening.resolve(this.opened(core));
    }
  }

  private opened(core: CoreChannel): DuplexChannel {
    const channel = new DuplexChannel(core, {
      enter: () => this.ports.tryEnter(),
      closed: (closed) => this.open.delete(closed),
    });
    core.handle = channel;
    this.open.add(channel);
    channel.changed();
    return channel;
  }

  private endAll(error: Error): void {
    for (const { reject } of this.openings.values()) reject(error);
    this.openings.clear();
    for (const channel of [...this.open]) channel.destroy(error);
  }
}

function aborted(signal: AbortSignal): SkeinError {
  return new SkeinError('SKEIN_ABORTED', 'given up by the caller', { cause: signal.reason });
}
