/**
 * A behavior that only writes down when each of its calls comes: the golden transcript's witness.
 */
import type {
  Behavior,
  BehaviorAgent,
  ConnectionAgent,
  ConnectionHandler,
  DownReason,
  Finding,
  KernelEvent,
  LinkStatistics,
  Neighbor,
  OutgoingError,
  Returned,
  StoreResult,
  Verdict,
} from '../../src/kernel/contracts.ts';
import type { Frame } from '../../src/kernel/wire/frame.ts';

const decoder = new TextDecoder();

/** What a test does to the behavior from outside: each is a command, answered at once. */
export type RecorderCommand = { readonly act: (agent: BehaviorAgent) => void };

export class Recorder implements Behavior<RecorderCommand> {
  readonly name = 'recorder';
  /** Set by a test: what `check...` answers next. */
  verdict: Verdict;
  /** Set by a test: when `deadline` is wanted. */
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly handlers = new Map<string, RecordingHandler>();
  private readonly node: string;
  private readonly write: (line: string) => void;

  constructor(node: string, write: (line: string) => void) {
    this.node = node;
    this.write = write;
  }

  started(): void {
    this.log('started');
  }

  stopped(): void {
    this.log('stopped');
  }

  tick(_agent: BehaviorAgent, _now: number, intervalMs: number): void {
    this.log(`tick every ${intervalMs} ms`);
  }

  nextDeadline(): number {
    return this.deadlineAt;
  }

  deadline(): void {
    this.deadlineAt = Number.POSITIVE_INFINITY;
    this.log('deadline');
  }

  message(_agent: BehaviorAgent, frame: Frame, from: Neighbor | undefined): void {
    this.log(`message type ${frame.type} "${textOf(frame)}" from ${from?.name ?? 'this node itself'}`);
  }

  transit(_agent: BehaviorAgent, frame: Frame, from: Neighbor): void {
    this.log(`transit type ${frame.type} "${textOf(frame)}" from ${from.name}`);
  }

  returned(_agent: BehaviorAgent, returned: Returned): void {
    const { type, reason, nodes } = returned;
    this.log(`returned type ${type}, reason ${reason}, for ${nodes.length} node`);
  }

  checkIncoming(_agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    return this.check('checkIncoming', neighbor);
  }

  checkOutgoing(_agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    return this.check('checkOutgoing', neighbor);
  }

  incomingUp(_agent: BehaviorAgent, neighbor: Neighbor): ConnectionHandler {
    this.log(`incomingUp ${neighbor.name}`);
    return this.handler(neighbor);
  }

  outgoingUp(_agent: BehaviorAgent, neighbor: Neighbor): ConnectionHandler {
    this.log(`outgoingUp ${neighbor.name}`);
    return this.handler(neighbor);
  }

  incomingDown(_agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    this.log(`incomingDown ${neighbor.name}: ${reason}`);
  }

  outgoingDown(_agent: BehaviorAgent, neighbor: Neighbor, reason: DownReason): void {
    this.log(`outgoingDown ${neighbor.name}: ${reason}`);
  }

  outgoingError(_agent: BehaviorAgent, error: OutgoingError): void {
    this.log(`outgoingError ${error.address}: ${error.failure.code}`);
  }

  handlerEvent(_agent: BehaviorAgent, neighbor: Neighbor, event: unknown): void {
    this.log(`handlerEvent from the handler for ${neighbor.name}: ${String(event)}`);
  }

  command(agent: BehaviorAgent, command: RecorderCommand, token: number): void {
    this.log('command');
    command.act(agent);
    agent.answer(token, undefined);
  }

  event(_agent: BehaviorAgent, event: KernelEvent): void {
    this.log(`event ${event.type}`);
  }

  datagram(_agent: BehaviorAgent, bytes: Uint8Array, from: string): boolean {
    if (bytes[0] !== 0x21) return false;
    this.log(`datagram "${decoder.decode(bytes)}" from ${from}`);
    return true;
  }

  announced(_agent: BehaviorAgent, _node: number, section: Uint8Array | undefined): void {
    this.log(`announced ${section === undefined ? 'nothing any more' : `"${decoder.decode(section)}"`}`);
  }

  stored(_agent: BehaviorAgent, _token: number, result: StoreResult): void {
    this.log(`stored ${result.ok ? String(result.value) : result.failure.code}`);
  }

  flush(): void {
    this.log('flush');
  }

  explain(_agent: BehaviorAgent, node: string | undefined): Finding[] {
    this.log(`explain ${node}`);
    return [];
  }

  status(): Record<string, unknown> {
    this.log('status');
    return {};
  }

  log(call: string): void {
    this.write(`${this.node}: ${call}`);
  }

  private check(call: string, neighbor: Neighbor): Verdict {
    const { verdict } = this;
    this.verdict = undefined;
    this.log(`${call} ${neighbor.name}${verdict === undefined ? '' : ` -> ${verdictText(verdict)}`}`);
    return verdict;
  }

  private handler(neighbor: Neighbor): RecordingHandler {
    const handler = new RecordingHandler((call) => this.log(`handler for ${neighbor.name}: ${call}`));
    this.handlers.set(neighbor.name, handler);
    return handler;
  }
}

export class RecordingHandler implements ConnectionHandler {
  agent: ConnectionAgent | undefined;
  private readonly log: (call: string) => void;

  constructor(log: (call: string) => void) {
    this.log = log;
  }

  opened(agent: ConnectionAgent): void {
    this.agent = agent;
    this.log('opened');
  }

  tick(_agent: ConnectionAgent, _now: number, intervalMs: number): void {
    this.log(`tick every ${intervalMs} ms`);
  }

  message(_agent: ConnectionAgent, frame: Frame): void {
    this.log(`message type ${frame.type} "${textOf(frame)}"`);
  }

  statistics(_agent: ConnectionAgent, statistics: LinkStatistics): void {
    this.log(`statistics, round trip ${statistics.roundTripMs} ms`);
  }

  behaviorEvent(_agent: ConnectionAgent, event: unknown): void {
    this.log(`behaviorEvent ${String(event)}`);
  }

  otherHandlerEvent(_agent: ConnectionAgent, from: Neighbor, event: unknown): void {
    this.log(`otherHandlerEvent ${String(event)} from the handler for ${from.name}`);
  }

  closed(_agent: ConnectionAgent, reason: DownReason): void {
    this.log(`closed: ${reason}`);
  }
}

function verdictText(verdict: Verdict): string {
  return typeof verdict === 'object' ? `refused (${verdict.message})` : String(verdict);
}

function textOf(frame: Frame): string {
  return decoder.decode(frame.payload);
}
