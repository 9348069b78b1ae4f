/**
 * One dial: resolves the name, tries its addresses, a few at a time, and yields a connected socket or a failure.
 *
 * Who calls it: the TCP transport. Invariant: the promise never rejects and is settled within the time
 * given; names are resolved anew at each dial, since machines move; a protected node connects to
 * loopback only, whatever a name resolves to.
 */
import { connect, isIP, type Socket } from 'node:net';
import { type Failure, failure, SkeinError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { formatAddress, isLoopback, parseAddress } from '../addresses.ts';
import { hostLimits } from '../limits.ts';
import { protectedText } from '../protected-mode.ts';
import { resolveHost } from './resolve.ts';

export interface DialOptions {
  readonly timeoutMs: number;
  /** Protected mode: other addresses are refused. */
  readonly loopbackOnly: boolean;
  /** Of the IP addresses behind a name: those that are left out, `host:port`. */
  readonly avoid?: readonly string[];
  /** Given up: the outcome is then of no interest. */
  readonly signal: AbortSignal;
}

export type DialOutcome = { readonly socket: Socket } | { readonly failure: Failure };

/** Why a connection did not come about; `no-way` says least about the other end. */
type Reason = 'refused' | 'timeout' | 'no-way' | 'unknown-name' | 'other';

export async function dial(address: string, options: DialOptions): Promise<DialOutcome> {
  const deadline = performance.now() + options.timeoutMs;
  const hosts = await hostsOf(address, options);
  if (!Array.isArray(hosts)) return { failure: hosts };
  const { port } = parseAddress(address);
  return new Race(address, port, hosts, deadline, options.signal).outcome;
}

/** The IP addresses to try, or why there are none. */
async function hostsOf(address: string, options: DialOptions): Promise<string[] | Failure> {
  const parsed = parsedOrFailure(address);
  if ('code' in parsed) return parsed;
  if (parsed.port === 0) return failure('SKEIN_ADDRESS', `${address} has port 0, where nobody can listen`);
  const hosts = await resolveHost(parsed.host === '' ? '127.0.0.1' : parsed.host, options);
  if (hosts === 'timeout')
    return failure('SKEIN_TIMEOUT', `the name in ${address} was not resolved in ${options.timeoutMs} ms`);
  if (hosts.length === 0) return unreachable(address, 'unknown-name', `the name ${parsed.host} is not known`);
  const allowed = options.loopbackOnly ? hosts.filter(isLoopback) : hosts;
  if (allowed.length === 0) return failure('SKEIN_PROTECTED', protectedText(`dialing ${address}`));
  const { avoid = [] } = options;
  const untried = allowed.filter((host) => !avoid.includes(formatAddress(host, parsed.port)));
  if (untried.length > 0) return familiesInTurn(untried).slice(0, hostLimits.dialAddressesMax);
  return unreachable(address, 'other', `${avoid.join(', ')} led elsewhere, and it has no other address`);
}

/** RFC 8305, section 4: a family without a route delays the other by one address. The first stays the first. */
function familiesInTurn(hosts: readonly string[]): string[] {
  const family = isIP(hosts[0] as string);
  const first = hosts.filter((host) => isIP(host) === family);
  const second = hosts.filter((host) => isIP(host) !== family);
  return first.flatMap((host, i) => [host, ...second.slice(i, i + 1)]).concat(second.slice(first.length));
}

/** The IP addresses of one name: a black hole behind one of them delays the next by 250 ms (RFC 8305). */
class Race {
  readonly outcome: Promise<DialOutcome>;
  private readonly address: string;
  private readonly port: number;
  private readonly rest: string[];
  private readonly deadline: number;
  private readonly over = new AbortController();
  private running = 0;
  private timer: NodeJS.Timeout | undefined;
  private reason: Failure | undefined;
  private settle: (outcome: DialOutcome) => void = () => undefined;

  constructor(
    address: string,
    port: number,
    hosts: readonly string[],
    deadline: number,
    signal: AbortSignal,
  ) {
    this.address = address;
    this.port = port;
    this.rest = [...hosts];
    this.deadline = deadline;
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
    const aborted = () => this.end({ failure: givenUp(address) });
    signal.addEventListener('abort', aborted);
    this.over.signal.addEventListener('abort', () => signal.removeEventListener('abort', aborted));
    if (signal.aborted) aborted();
    else this.next();
  }

  private next(): void {
    clearTimeout(this.timer);
    const host = this.rest.shift();
    if (host === undefined) return;
    this.running++;
    const restMs = Math.max(1, this.deadline - performance.now());
    void attempt(this.address, host, this.port, restMs, this.over.signal).then((outcome) =>
      this.ended(outcome),
    );
    if (this.rest.length > 0 && this.running < limits.racingDialsMax)
      this.timer = setTimeout(() => this.next(), limits.dialStaggerMs);
  }

  private ended(outcome: DialOutcome): void {
    this.running--;
    // Two got through at the same moment.
    if (this.over.signal.aborted) return void ('socket' in outcome && outcome.socket.destroy());
    if ('socket' in outcome) return this.end(outcome);
    if (this.reason === undefined || reasonOf(this.reason) === 'no-way') this.reason = outcome.failure;
    if (this.rest.length > 0) this.next();
    else if (this.running === 0) this.end({ failure: this.reason });
  }

  private end(outcome: DialOutcome): void {
    clearTimeout(this.timer);
    this.over.abort();
    this.settle(outcome);
  }
}

function parsedOrFailure(address: string): { host: string; port: number } | Failure {
  try {
    return parseAddress(address, 'dial');
  } catch (error) {
    return failure('SKEIN_ADDRESS', error instanceof SkeinError ? error.message : String(error));
  }
}

function attempt(
  address: string,
  host: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DialOutcome> {
  return new Promise((settle) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: false, allowHalfOpen: false });
    const timer = setTimeout(() => end({ failure: timedOut(address) }), timeoutMs);
    const aborted = () => end({ failure: givenUp(address) });
    const end = (outcome: DialOutcome) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      if ('failure' in outcome) socket.destroy();
      settle(outcome);
    };
    signal.addEventListener('abort', aborted);
    // Stays for good: between here and its link the socket must not be able to throw.
    socket.on('error', (error: NodeJS.ErrnoException) => end({ failure: connectFailure(address, error) }));
    socket.once('connect', () => end(isSelfConnected(socket) ? { failure: refused(address) } : { socket }));
  });
}

/**
 * Linux lets a dial of a free loopback port in the ephemeral range connect to itself (simultaneous open
 * with oneself, RFC 9293 section 3.5): the port was free, so nobody listens there. A socket file has no port.
 */
export function isSelfConnected({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return remotePort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

function givenUp(address: string): Failure {
  return failure('SKEIN_ABORTED', `the dial of ${address} was given up`);
}

function connectFailure(address: string, error: NodeJS.ErrnoException): Failure {
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return refused(address);
    case 'ETIMEDOUT':
      return timedOut(address);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return unreachable(address, 'no-way', `this machine has no way to it (${error.code})`);
    default:
      return unreachable(address, 'other', error.message);
  }
}

function refused(address: string): Failure {
  return unreachable(address, 'refused', 'it refused the connection; nothing listens there');
}

function timedOut(address: string): Failure {
  return failure('SKEIN_TIMEOUT', `${address} did not answer in time`, {
    reason: 'timeout' satisfies Reason,
  });
}

function unreachable(address: string, reason: Reason, text: string): Failure {
  return failure('SKEIN_UNREACHABLE', `${address} cannot be reached: ${text}`, { reason });
}

function reasonOf(told: Failure): Reason {
  return (told.details as { reason: Reason }).reason;
}

/** The other end's address. A listener on `::` sees IPv4 as `::ffff:10.0.0.7`, which people do not write. */
export function formatRemote(socket: Socket): string {
  const host = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
  return formatAddress(host, socket.remotePort ?? 0);
}
