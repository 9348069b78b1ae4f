/**
 * Plays a scenario on a stage, step by step, and keeps the record of what came of it.
 *
 * Who calls it: `runScenario` with the simulated stage, the tests with real processes. Invariant: steps are
 * taken in order, each when the one before is done and its own time has come; what ends by itself (`for`,
 * flapping) ends in time whatever the steps wait for; a failed expectation is noted and the play goes on.
 */
import { actionText, expectationText, seconds } from './action-text.ts';
import { Agenda } from './agenda.ts';
import { Disturbance, type NetworkAction } from './disturbance.ts';
import { type EndState, endStateOf, lackingLinks, type MessageRecord } from './end-state.ts';
import { judge, problemsText } from './judge.ts';
import type { Action, Scenario, SendAction, Step } from './scenario.ts';
import type { Stage } from './stage.ts';

/** A send ends by itself after its timeout; one that is open for longer than this beyond has been forgotten. */
const sendGraceMs = 5000;
/** The waits between solicitations double: after a partition of a quarter of a minute they are this long. */
const restMsMax = 30_000;

/** One thing that happened in a scenario. */
export interface LogEntry {
  /** Milliseconds since the beginning. */
  readonly at: number;
  /** What it was, for people. */
  readonly text: string;
  /** Only of expectations and of what was judged. */
  readonly met?: boolean;
  /** How long an expectation took to be met. */
  readonly tookMs?: number;
}

/** Who wants to hear what is done, while it is done. */
export interface DirectorWatcher {
  began?(action: Action, text: string): void;
  /** A fault that has a name is over. */
  ended?(name: string): void;
  settled?(message: MessageRecord): void;
}

export class Director {
  readonly log: LogEntry[] = [];
  readonly failures: string[] = [];
  readonly messages = new Map<string, MessageRecord>();
  private readonly scenario: Scenario;
  private readonly stage: Stage;
  private readonly watcher: DirectorWatcher;
  private readonly disturbance = new Disturbance();
  private readonly agenda = new Agenda();
  /** By name: what ends them. */
  private readonly lies = new Map<string, () => void>();

  constructor(scenario: Scenario, stage: Stage, watcher: DirectorWatcher = {}) {
    this.scenario = scenario;
    this.stage = stage;
    this.watcher = watcher;
  }

  /** Never throws for what the nodes do; only for a stage that is broken. */
  async play(): Promise<EndState> {
    await this.applyNetwork();
    for (const step of this.scenario.steps) {
      await this.pass(Math.max(step.at, this.stage.now + step.after));
      await this.perform(step);
    }
    await this.settleSends();
    await this.rest();
    return endStateOf(await this.stage.observe(), this.scenario.members, this.messages);
  }

  // ── steps ─────────────────────────────────────────────────────────────────────────────────────────

  private async perform({ action, path }: Step): Promise<void> {
    if (action.verb === 'expect') return this.expect(action, path);
    const text = actionText(action);
    this.log.push({ at: this.stage.now, text });
    this.watcher.began?.(action, text);
    switch (action.verb) {
      case 'start':
        return this.startAll(action.who, action.everyMs);
      case 'stop':
        return this.forEach(action.who, (name) => this.stage.stop(name));
      case 'crash':
        return this.forEach(action.who, (name) => this.stage.crash(name));
      case 'vanish':
        return this.forEach(action.who, (name) => this.stage.vanish(name));
      case 'restart':
        await this.forEach(action.who, (name) => this.stage.crash(name));
        return this.startAll(action.who, 0);
      case 'resume':
        return this.forEach(action.who, (name) => this.stage.resume(name));
      case 'pause':
        return this.pause(action.who, action.forMs);
      case 'twin':
        return this.stage.start(action.as);
      case 'heal':
        return this.endFaults(action.which === undefined ? this.faultNames : [action.which]);
      case 'send':
        return this.send(action, path);
      case 'lie':
        return this.lie(action, path);
      case 'dial':
      case 'hangup':
        return this.relink(action, path);
      default:
        return this.disturb(action);
    }
  }

  private forEach(names: readonly string[], run: (name: string) => Promise<void>): Promise<void> {
    return Promise.all(names.map(run)).then(() => {});
  }

  private async startAll(names: readonly string[], everyMs: number): Promise<void> {
    if (everyMs === 0) return this.forEach(names, (name) => this.stage.start(name));
    for (const [i, name] of names.entries()) {
      if (i > 0) await this.pass(this.stage.now + everyMs);
      await this.stage.start(name);
    }
  }

  private async pause(names: readonly string[], forMs: number | undefined): Promise<void> {
    await this.forEach(names, (name) => this.stage.pause(name));
    if (forMs === undefined) return;
    this.agenda.add(this.stage.now + forMs, async () => {
      this.log.push({ at: this.stage.now, text: `resume ${names.join(',')}` });
      await this.forEach(names, (name) => this.stage.resume(name));
    });
  }

  // ── the network ───────────────────────────────────────────────────────────────────────────────────

  private async disturb(action: NetworkAction): Promise<void> {
    const { as, forMs } = action;
    this.disturbance.begin(action);
    await this.applyNetwork();
    if (action.verb === 'flap') this.flapLater(as, action.everyMs);
    if (forMs !== undefined) this.agenda.add(this.stage.now + forMs, () => this.endFaults([as]));
  }

  private flapLater(name: string, everyMs: number): void {
    this.agenda.add(this.stage.now + everyMs, async () => {
      if (!this.disturbance.toggle(name)) return;
      await this.applyNetwork();
      this.flapLater(name, everyMs);
    });
  }

  private async lie(action: Extract<Action, { verb: 'lie' }>, path: string): Promise<void> {
    const { who, kinds, as, forMs } = action;
    if (this.stage.lie === undefined) {
      this.failures.push(`${path}: only simulated nodes lie`);
      return;
    }
    this.lies.set(as, this.stage.lie(who, kinds));
    if (forMs !== undefined) this.agenda.add(this.stage.now + forMs, () => this.endFaults([as]));
  }

  private endLie(name: string): boolean {
    this.lies.get(name)?.();
    return this.lies.delete(name);
  }

  private get faultNames(): string[] {
    return [...this.disturbance.names, ...this.lies.keys()];
  }

  private async endFaults(names: readonly string[]): Promise<void> {
    const ending = names.filter((name) => this.disturbance.end(name) || this.endLie(name));
    if (ending.length === 0) return;
    await this.applyNetwork();
    for (const name of ending) {
      this.log.push({ at: this.stage.now, text: `${name} is over` });
      this.watcher.ended?.(name);
    }
  }

  private async applyNetwork(): Promise<void> {
    await this.stage.setPaths(this.disturbance.blocks());
    await this.stage.setLoss(Math.max(this.scenario.network.loss, this.disturbance.lossShare));
  }

  // ── messages and links ────────────────────────────────────────────────────────────────────────────

  /** Goes on its way; the play goes on meanwhile. */
  private async send(action: SendAction, path: string): Promise<void> {
    const { from, to, as, timeoutMs } = action;
    const record: MessageRecord = {
      label: as,
      from,
      to,
      at: this.stage.now,
      outcome: undefined,
      missing: [],
      deliveredCount: 0,
    };
    this.messages.set(as, record);
    void this.stage.send(from, to, as, timeoutMs).then((outcome) => {
      Object.assign(record, outcome);
      this.watcher.settled?.(record);
      this.judgeSend(action, record, path);
    });
  }

  private judgeSend(action: SendAction, { outcome, missing, at }: MessageRecord, path: string): void {
    const now = this.stage.now;
    const got = `${action.as}: ${outcome}${missing.length === 0 ? '' : `, missing ${missing.join(', ')}`}`;
    const wrong: string[] = [];
    if (action.outcome !== undefined && action.outcome !== outcome) wrong.push(`expected ${action.outcome}`);
    if (action.missing !== undefined && action.missing.join() !== [...missing].sort().join())
      wrong.push(`expected ${action.missing.join(', ') || 'nobody'} to be missing`);
    const judged = action.outcome !== undefined || action.missing !== undefined;
    this.log.push({ at: now, text: got, tookMs: now - at, ...(judged ? { met: wrong.length === 0 } : {}) });
    if (wrong.length > 0)
      this.failures.push(`${path} at ${seconds(now)}: ${wrong.join(' and ')}, but ${got}`);
  }

  private async relink(action: Extract<Action, { verb: 'dial' | 'hangup' }>, path: string): Promise<void> {
    const result = await this.stage[action.verb](action.from, action.to);
    if (result === 'ok') return;
    this.failures.push(`${path} at ${seconds(this.stage.now)}: ${actionText(action)} failed: ${result}`);
  }

  private async settleSends(): Promise<void> {
    const open = () => [...this.messages.values()].filter(({ outcome }) => outcome === undefined);
    const timeouts = this.scenario.steps.map(({ action }) => (action.verb === 'send' ? action.timeoutMs : 0));
    const end = this.stage.now + (Math.max(0, ...timeouts) + sendGraceMs) * this.stage.patience;
    while (open().length > 0 && this.stage.now < end)
      await this.pass(this.stage.now + this.stage.lookEveryMs);
    for (const { label } of open()) this.failures.push(`message ${label} was never resolved`);
  }

  /** Whoever lost a link at the end looks for another: what the scenario came to is seen after that. */
  private async rest(): Promise<void> {
    const end = this.stage.now + restMsMax * this.stage.patience;
    while (this.stage.now < end) {
      if (lackingLinks(await this.stage.observe(), this.scenario.members).length === 0) return;
      await this.pass(this.stage.now + this.stage.lookEveryMs);
    }
  }

  // ── expectations and time ─────────────────────────────────────────────────────────────────────────

  private async expect(action: Extract<Action, { verb: 'expect' }>, path: string): Promise<void> {
    const begun = this.stage.now;
    const text = expectationText(action.expect);
    const deadline = begun + action.withinMs * this.stage.patience;
    const problems = await this.until(action.expect, deadline);
    const tookMs = this.stage.now - begun;
    const broken = problems.length > 0 ? problems : await this.hold(action.expect, action.forMs);
    this.log.push({ at: this.stage.now, text, met: broken.length === 0, tookMs });
    if (broken.length === 0) return;
    const when = problems.length > 0 ? `within ${seconds(action.withinMs)}` : `for ${seconds(action.forMs)}`;
    this.failures.push(
      `${path} at ${seconds(this.stage.now)}: not ${when}: ${text}: ${problemsText(broken)}`,
    );
  }

  /** What is wrong at the deadline; nothing once it holds. */
  private async until(expect: Parameters<typeof judge>[0], deadline: number): Promise<string[]> {
    for (;;) {
      const problems = judge(expect, await this.stage.observe(), this.messages);
      if (problems.length === 0 || this.stage.now >= deadline) return problems;
      await this.pass(Math.min(deadline, this.stage.now + this.stage.lookEveryMs));
    }
  }

  private async hold(expect: Parameters<typeof judge>[0], forMs: number): Promise<string[]> {
    const end = this.stage.now + forMs;
    while (this.stage.now < end) {
      await this.pass(Math.min(end, this.stage.now + this.stage.lookEveryMs));
      const problems = judge(expect, await this.stage.observe(), this.messages);
      if (problems.length > 0) return problems;
    }
    return [];
  }

  /** Lets time pass until then, and does what is due on the way. */
  private async pass(until: number): Promise<void> {
    for (;;) {
      await this.agenda.run(this.stage.now);
      if (this.stage.now >= until) return;
      await this.stage.pass(Math.min(until, this.agenda.next));
    }
  }
}
