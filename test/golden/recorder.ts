/**
 * A behavior that only writes down when each of its calls comes: the golden transcript's witness.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  ConnectionAgent,
  ConnectionHandler,
  DatagramCalls,
  DiagnosticCalls,
  DownReason,
  FrameCalls,
  LifecycleCalls,
  LinkCalls,
  LinkStatistics,
  MeshCalls,
  Neighbor,
  Reply,
  RpcRequest,
  Shape,
  StoreCalls,
  TimerCalls,
  Verdict,
} from '../../src/kernel/contracts.ts';
import type { Frame } from '../../src/kernel/wire/frame.ts';

const decoder = new TextDecoder();

interface RecorderShape extends Shape {
  /** What a test does to the behavior from outside: a command that is answered at once. */
  readonly commands: { act(what: (agent: BehaviorAgent) => void): void };
}

export class Recorder implements Behavior<RecorderShape> {
  readonly name = 'recorder';
  readonly commands: CommandHandlers<RecorderShape> = {
    act: (agent, what, reply) => {
      this.log('command');
      what(agent);
      reply.answer();
    },
  };
  readonly lifecycle: LifecycleCalls = {
    started: () => this.log('started'),
    stopped: () => this.log('stopped'),
  };
  readonly timers: TimerCalls = {
    tick: (_agent, _now, intervalMs) => this.log(`tick every ${intervalMs} ms`),
    nextDeadline: () => this.deadlineAt,
    deadline: () => {
      this.deadlineAt = Number.POSITIVE_INFINITY;
      this.log('deadline');
    },
    flush: () => this.log('flush'),
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame, from) =>
      this.log(`message type ${frame.type} "${textOf(frame)}" from ${from?.name ?? 'this node itself'}`),
    transit: (_agent, frame, from) =>
      this.log(`transit type ${frame.type} "${textOf(frame)}" from ${from.name}`),
    returned: (_agent, { type, reason, nodes }) =>
      this.log(`returned type ${type}, reason ${reason}, for ${nodes.length} node`),
  };
  readonly links: LinkCalls = {
    checkIncoming: (_agent, neighbor) => this.check('checkIncoming', neighbor),
    checkOutgoing: (_agent, neighbor) => this.check('checkOutgoing', neighbor),
    incomingUp: (_agent, neighbor) => this.up('incomingUp', neighbor),
    outgoingUp: (_agent, neighbor) => this.up('outgoingUp', neighbor),
    incomingDown: (_agent, neighbor, reason) => this.log(`incomingDown ${neighbor.name}: ${reason}`),
    outgoingDown: (_agent, neighbor, reason) => this.log(`outgoingDown ${neighbor.name}: ${reason}`),
    outgoingError: (_agent, error) => this.log(`outgoingError ${error.address}: ${error.failure.code}`),
    handlerEvent: (_agent, neighbor, event) =>
      this.log(`handlerEvent from the handler for ${neighbor.name}: ${String(event)}`),
  };
  readonly mesh: MeshCalls = {
    event: (_agent, event) => this.log(`event ${event.type}`),
    announced: (_agent, _node, section) =>
      this.log(`announced ${section === undefined ? 'nothing any more' : `"${decoder.decode(section)}"`}`),
  };
  readonly datagrams: DatagramCalls = {
    received: (_agent, bytes, from) => {
      if (bytes[0] !== 0x21) return false;
      this.log(`datagram "${decoder.decode(bytes)}" from ${from}`);
      return true;
    },
  };
  readonly store: StoreCalls<RecorderShape> = {
    completed: (_agent, result) =>
      this.log(`stored ${result.ok ? String(result.value) : result.failure.code}`),
    ownCompleted: (_agent, result) =>
      this.log(`stored of its own ${result.ok ? String(result.value) : result.failure.code}`),
  };
  readonly diagnostics: DiagnosticCalls = {
    explain: (_agent, node) => {
      this.log(`explain ${node}`);
      return [];
    },
    status: () => {
      this.log('status');
      return {};
    },
  };
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

  rpc(_agent: BehaviorAgent, { verb }: RpcRequest, reply: Reply<unknown>): boolean {
    const isHandled = verb === 'known';
    this.log(`rpc "${verb}" -> ${isHandled ? 'handled' : 'not handled'}`);
    if (isHandled) reply.answer('done');
    return isHandled;
  }

  private up(call: string, neighbor: Neighbor): RecordingHandler {
    this.log(`${call} ${neighbor.name}`);
    return this.handler(neighbor);
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
