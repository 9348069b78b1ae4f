/**
 * Lines: whole messages to other nodes, in order and each once, over frames that the mesh may lose, repeat or reorder.
 *
 * For features whose two ends keep state about each other, such as a member of the swarm and its broker. A line leads
 * from one incarnation of a node to one of another. A message is kept until the other end has processed it for good (its
 * store has committed it, for example). Invariant: the other incarnation is handed a prefix of what was sent to it; only
 * one that has forgotten the line meanwhile, since it took this node for gone, is handed again what it has not processed.
 */
import type { BehaviorAgent, DropReason, KernelEvent, Returned } from '../contracts.ts';
import type { Instance, NodeId } from '../identity.ts';
import { lifeOf } from '../life.ts';
import { limits } from '../limits.ts';
import type { Frame } from '../wire/frame.ts';
import { ReceivingEnd } from './receiving-end.ts';
import { SendingEnd } from './sending-end.ts';
import {
  encodeAck,
  encodePart,
  type LineHead,
  type LinePart,
  LineType,
  readAck,
  readHead,
  readPart,
} from './wire.ts';

/** One incarnation of a node. */
export interface LineEnd {
  readonly node: NodeId;
  readonly life: number;
}

/** Where a message came from. */
export interface Sender extends LineEnd {
  /** Of the sender's attempts at this line: what came with an earlier one it has abandoned. */
  readonly run: number;
}

export interface LinesPorts {
  /** A message has come. @param bytes May be a view into what was received. @param done To be called once it is processed. */
  received(from: Sender, bytes: Uint8Array, done: () => void): void;
  /** The incarnation at the other end has ended: what it has not processed is gone. */
  ended(node: NodeId): void;
  /** The other end took this node for gone, and may have forgotten what was sent. What it has not processed is sent. */
  forgotten(node: NodeId): void;
  /** The other end has abandoned what it had sent and was not processed here, as `drop` does. What it says now is new. */
  startedOver?(node: NodeId): void;
}

interface Line extends LineEnd {
  /** Whose first 48 bits its life is. */
  readonly instance: Instance;
  readonly sending: SendingEnd;
  readonly receiving: ReceivingEnd;
  /** The neighbor by which frames leave. */
  nextHop: NodeId | undefined;
}

const never = Number.POSITIVE_INFINITY;

export class Lines {
  readonly counts = { resent: 0, repeated: 0, holes: 0, refused: 0, malformed: 0, unknown: 0 };
  private readonly ports: LinesPorts;
  protected agent!: BehaviorAgent;
  /** Of this node. Read once: each frame asks for it. */
  private ownLife = 0;
  private readonly lines = new Map<NodeId, Line>();
  private readonly toPump = new Set<Line>();
  private readonly toAcknowledge = new Set<Line>();
  /** Lives whose line has ended here, the latest last. One that is there after all does not know that it has. */
  /** Lives of other nodes whose lines are closed, and the newest run that was seen of each. */
  private readonly over = new Map<number, number>();
  /** Of runs and of memories: each is given once. */
  private lastRun = 0;
  /** Of messages that are not put together yet. */
  private partialBytes = 0;

  constructor(ports: LinesPorts) {
    this.ports = ports;
  }

  started(agent: BehaviorAgent): void {
    this.agent = agent;
    this.ownLife = lifeOf(agent.self.instance);
  }

  /**
   * @param processed Called once the other end has processed it, which is said at once then. False: it is not sent, since no such node is known, or
   * the incarnation that it was meant for has just proved to be over (`ended` was called during this call).
   */
  send(node: NodeId, message: Uint8Array, processed?: () => void): boolean {
    const known = this.lines.get(node);
    const line = this.lineTo(node);
    if (line === undefined || (known !== undefined && known !== line)) return false;
    line.sending.add(message, processed);
    this.later(this.toPump, line);
    return true;
  }

  /** To the incarnation that something came from, and to no later one. False: it is gone. */
  reply({ node, life }: LineEnd, message: Uint8Array, processed?: () => void): boolean {
    const entry = this.agent.directory.get(node);
    return (
      entry !== undefined &&
      this.lifeOfNode(node, entry.instance) === life &&
      this.send(node, message, processed)
    );
  }

  /** False: the sender has abandoned what it has sent then, or is gone. */
  isCurrent({ node, life, run }: Sender): boolean {
    const line = this.lines.get(node);
    return line?.life === life && line.receiving.newestRun === run;
  }

  /** What that node has not processed is not sent any more. */
  drop(node: NodeId): void {
    const line = this.lines.get(node);
    if (line !== undefined) this.abandon(line);
  }

  /** The same for every node. */
  dropAll(): void {
    for (const line of this.lines.values()) this.abandon(line);
  }

  /**
   * What was said to that node and by it is forgotten. It says everything again once it is reachable, also where it has
   * noticed nothing; until then both ends hold no memory for each other here.
   */
  forget(node: NodeId): void {
    const line = this.lines.get(node);
    if (line !== undefined) this.close(line);
  }

  /**
   * What has come and is not processed will not be. Nothing that its senders have sent after it is handed over either,
   * until they have abandoned both: else a later message would come without an earlier one.
   */
  ignoreUnprocessed(): void {
    for (const { receiving } of this.lines.values()) receiving.ignoreUnprocessed();
  }

  private abandon(line: Line): void {
    if (line.sending.abandon()) this.later(this.toPump, line);
  }

  // ── what comes ────────────────────────────────────────────────────────────────────────────────────

  message(frame: Frame): void {
    const head = readHead(frame);
    if (head === undefined) return this.malformed();
    const line = head.forLife === this.ownLife ? this.lineTo(frame.source) : undefined;
    // Its record may be on its way, and then it sends again.
    if (line?.life !== head.life) {
      this.counts.unknown++;
      return;
    }
    if (frame.type === LineType.part) this.part(line, head, frame);
    else if (frame.type === LineType.ack) this.ack(line, head, frame);
    else this.malformed();
  }

  private part(line: Line, { run }: LineHead, frame: Frame): void {
    const part = readPart(frame);
    if (part === undefined) return this.malformed();
    const arrival = line.receiving.part(run, frame.sequence, part);
    if (arrival === 'repeated') this.counts.repeated++;
    else if (arrival === 'hole') this.counts.holes++;
    else if (arrival === 'refused') this.counts.refused++;
  }

  private ack(line: Line, { run }: LineHead, frame: Frame): void {
    const ack = readAck(frame);
    if (ack === undefined || !line.sending.acknowledged(ack, run, this.agent.now)) return this.malformed();
    this.later(this.toPump, line);
  }

  returned({ nodes, type, reason }: Returned): void {
    if (type !== LineType.part) return;
    for (const node of nodes) {
      const line = this.lines.get(node);
      line?.sending.goBack(this.agent.now);
      line?.sending.hold(reason, this.agent.now);
    }
  }

  private malformed(): void {
    this.counts.malformed++;
  }

  // ── nodes and routes ──────────────────────────────────────────────────────────────────────────────

  event(event: KernelEvent): void {
    if (event.type === 'routes-changed') for (const line of [...this.lines.values()]) this.look(line);
    else if (event.type === 'sections-changed') this.announced(event.node);
    else if (event.type === 'node-up') {
      this.announced(event.node.id);
      const line = this.lines.get(event.node.id);
      if (line !== undefined) this.look(line);
    } else if (event.type === 'node-down' && event.reason === 'left') {
      const line = this.lines.get(event.node.id);
      if (line !== undefined) this.end(line);
    }
  }

  /**
   * Somebody may have invented another incarnation of it, or its goodbye, and is refuted: it was there all along. It is
   * sent what this end has forgotten also where nothing else is sent, or both would wait for the other.
   */
  private announced(node: NodeId): void {
    if (this.over.size === 0) return;
    const entry = this.agent.directory.get(node);
    if (entry?.reachable === true && this.over.has(lifeOf(entry.instance))) this.lineTo(node);
  }

  private look(line: Line): void {
    const entry = this.agent.directory.get(line.node);
    if (entry !== undefined && this.lifeOfNode(line.node, entry.instance) !== line.life)
      return this.end(line);
    const before = line.nextHop;
    line.nextHop = this.nextHopTo(line.node);
    if (line.nextHop === before) return;
    // What waited for a neighbor that is gone is lost.
    if (before !== undefined && !this.agent.neighbors.has(before)) line.sending.goBack(this.agent.now);
    line.sending.wayFound();
    this.later(this.toPump, line);
  }

  private end(line: Line): void {
    this.close(line);
    this.ports.ended(line.node);
  }

  private close(line: Line): void {
    line.receiving.end();
    this.lines.delete(line.node);
    this.remember(line.life, line.receiving.newestRunSeen);
    this.toPump.delete(line);
    this.toAcknowledge.delete(line);
  }

  private remember(life: number, run: number): void {
    this.over.set(life, run);
    if (this.over.size > limits.lineLivesOverMax) this.over.delete(this.over.keys().next().value as number);
  }

  private nextHopTo(node: NodeId): NodeId | undefined {
    const path = this.agent.routes.pathToNode(node);
    return path.action === 'next' ? path.neighbor : undefined;
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    let next = never;
    for (const { sending, receiving } of this.lines.values())
      next = Math.min(next, sending.nextDeadline(), receiving.acknowledgeAt);
    return next;
  }

  deadline(now: number): void {
    for (const line of this.lines.values()) {
      if (line.receiving.acknowledgeAt <= now) this.later(this.toAcknowledge, line);
      if (line.sending.deadline(now)) this.later(this.toPump, line);
    }
  }

  flush(now: number): void {
    for (const line of this.toPump) {
      const hasSent = line.sending.pump(now);
      // What goes there already takes it along.
      if (hasSent && line.receiving.acknowledgeAt < never) this.toAcknowledge.add(line);
    }
    this.toPump.clear();
    for (const line of this.toAcknowledge) this.acknowledge(line);
    this.toAcknowledge.clear();
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────

  private lineTo(node: NodeId): Line | undefined {
    const entry = this.agent.directory.get(node);
    if (entry === undefined) return undefined;
    const life = this.lifeOfNode(node, entry.instance);
    const known = this.lines.get(node);
    if (known?.life === life) return known;
    if (known !== undefined) this.end(known);
    // A node that heard of the end may have begun the next one.
    return this.lines.get(node) ?? this.begin(node, entry.instance, life);
  }

  /** Without reading the digits again where the line is one to that incarnation. */
  private lifeOfNode(node: NodeId, instance: Instance): number {
    const line = this.lines.get(node);
    return line?.instance === instance ? line.life : lifeOf(instance);
  }

  private begin(node: NodeId, instance: Instance, life: number): Line {
    const forgottenRun = this.over.get(life);
    this.over.delete(life);
    const line: Line = {
      node,
      life,
      instance,
      sending: new SendingEnd({
        send: (part, run) => this.sendPart(line, part, run),
        nextRun: () => ++this.lastRun,
        resent: () => this.counts.resent++,
        forgotten: () => this.ports.forgotten(node),
      }),
      receiving: new ReceivingEnd(
        {
          hasRoom: (bytes) => this.partialBytes + bytes <= limits.linePartialBytesMax,
          holds: (bytes) => {
            this.partialBytes += bytes;
          },
          message: (bytes, done) =>
            this.ports.received({ node, life, run: line.receiving.newestRun }, bytes, done),
          now: () => this.agent.now,
          acknowledge: () => this.later(this.toAcknowledge, line),
          startedOver: () => this.ports.startedOver?.(node),
          forgot: (memory) => {
            line.sending.otherForgot(memory);
            this.later(this.toPump, line);
          },
        },
        { number: ++this.lastRun, forgottenRun: forgottenRun ?? 0 },
      ),
      nextHop: this.nextHopTo(node),
    };
    this.lines.set(node, line);
    if (forgottenRun !== undefined) {
      line.sending.addMemory(line.receiving.memory);
      this.later(this.toPump, line);
    }
    return line;
  }

  private sendPart(
    line: Line,
    part: LinePart & { readonly number: number },
    run: number,
  ): DropReason | undefined {
    const options = { type: LineType.part, sequence: part.number, wantsReturn: true };
    return this.say(line, encodePart(this.headOf(line, run), part), options);
  }

  private acknowledge(line: Line): void {
    const ack = line.receiving.takeAck();
    const bytes = encodeAck(this.headOf(line, line.receiving.newestRunSeen), ack);
    this.say(line, bytes, { type: LineType.ack });
  }

  private say(
    { node }: Line,
    payload: Uint8Array,
    options: { type: number; sequence?: number; wantsReturn?: boolean },
  ): DropReason | undefined {
    return this.agent.send({ to: 'node', node }, payload, options)[0]?.reason;
  }

  private headOf({ life }: Line, run: number): LineHead {
    return { life: this.ownLife, forLife: life, run };
  }

  private later(lines: Set<Line>, line: Line): void {
    lines.add(line);
    this.agent.flushLater();
  }
}
