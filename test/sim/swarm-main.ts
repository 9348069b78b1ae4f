/**
 * The long swarm: `npm run sim:swarm`. Seeds at random, one process for each core, until one fails or the
 * time is over.
 *
 * The parent hands out seeds and counts; its children (this very file, told so by their first argument)
 * run them. Invariant: a seed that fails, or a child that ends within one, is told with the one command
 * that repeats it, and the exit code is 1.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { runSimulation, type SimulationOptions } from '../../src/sim/index.ts';
import { repeatCommand, simulationSettings } from '../../src/sim/run/options.ts';
import { readSwarmArguments, type SwarmArguments, swarmUsage } from './swarm-arguments.ts';
import { shortOptions, swarmOptions } from './swarm-options.ts';

interface Outcome {
  readonly seed: number;
  readonly failures: readonly string[];
  readonly virtualMs: number;
}

const workerMark = '--worker';
const shortMark = '--short';
const progressMs = 60_000;
const msPerHour = 3_600_000;
const randomSeedMax = 2 ** 32;

type Kind = Pick<SwarmArguments, 'workload' | 'areShort'>;

async function main(): Promise<void> {
  try {
    const asked = readSwarmArguments(process.argv.slice(2), availableParallelism());
    if (asked === undefined) console.log(swarmUsage);
    else process.exitCode = await new Swarm(asked).run();
  } catch (error) {
    console.error(error instanceof Error ? error.message.split('\n')[0] : String(error));
    process.exitCode = 2;
  }
}

function work(asked: Kind): void {
  process.on('message', async (seed: number) => {
    const { failures, virtualMs } = await runSimulation(optionsOf(seed, asked));
    process.send?.({ seed, failures, virtualMs } satisfies Outcome);
  });
  process.on('disconnect', () => process.exit());
}

function optionsOf(seed: number, { workload, areShort }: Kind): SimulationOptions {
  return workload !== undefined && areShort ? shortOptions(seed, workload) : swarmOptions(seed, workload);
}

class Swarm {
  private readonly asked: SwarmArguments;
  private readonly begunAt = Date.now();
  private readonly children = new Map<ChildProcess, number>();
  private handedOut = 0;
  private passed = 0;
  private virtualMs = 0;
  private hasFailed = false;
  private over: () => void = () => undefined;

  constructor(asked: SwarmArguments) {
    this.asked = asked;
  }

  async run(): Promise<number> {
    const progress = setInterval(() => this.print(), progressMs);
    const ended = new Promise<void>((resolve) => {
      this.over = resolve;
    });
    for (let i = 0; i < this.asked.workers; i++) this.startChild();
    await ended;
    clearInterval(progress);
    this.print();
    const { from } = this.asked;
    if (from !== undefined && !this.hasFailed) {
      const next = from + this.handedOut;
      console.log(`seeds ${from} to ${next - 1} passed; go on with --from ${next}`);
    }
    return this.hasFailed ? 1 : 0;
  }

  private startChild(): void {
    const child = fork(process.argv[1] as string, [
      workerMark,
      ...(this.asked.workload === undefined ? [] : [this.asked.workload]),
      ...(this.asked.areShort ? [shortMark] : []),
    ]);
    child.on('message', (outcome) => this.settled(child, outcome as Outcome));
    child.once('exit', (code, signal) => this.childEnded(child, signal ?? `code ${code}`));
    this.next(child);
  }

  private next(child: ChildProcess): void {
    const isTimeOver = Date.now() - this.begunAt >= this.asked.hours * msPerHour;
    if (this.hasFailed || isTimeOver || this.handedOut >= this.asked.seeds) return this.release(child);
    const { from } = this.asked;
    const seed = from === undefined ? Math.floor(Math.random() * randomSeedMax) : from + this.handedOut;
    this.handedOut++;
    this.children.set(child, seed);
    child.send(seed);
  }

  private settled(child: ChildProcess, { seed, failures, virtualMs }: Outcome): void {
    this.virtualMs += virtualMs;
    if (failures.length === 0) this.passed++;
    else this.fail(seed, failures);
    this.next(child);
  }

  private childEnded(child: ChildProcess, how: string): void {
    const seed = this.children.get(child);
    if (seed === undefined) return;
    this.fail(seed, [`the process that ran it ended: ${how}`]);
    this.release(child);
  }

  private release(child: ChildProcess): void {
    this.children.delete(child);
    if (child.connected) child.disconnect();
    if (this.children.size === 0) this.over();
  }

  /** The first failure is told; the other children finish what they are at. */
  private fail(seed: number, failures: readonly string[]): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    console.error(`seed ${seed} FAILED:`);
    for (const failure of failures) console.error(`  ${failure}`);
    console.error(`repeat with: ${repeatCommand(simulationSettings(optionsOf(seed, this.asked)))}`);
  }

  private print(): void {
    const minutes = ((Date.now() - this.begunAt) / 60_000).toFixed(1);
    const virtualHours = (this.virtualMs / msPerHour).toFixed(1);
    console.log(`${minutes} min: ${this.passed} seeds passed, ${virtualHours} virtual hours`);
  }
}

if (process.argv[2] === workerMark)
  work({ workload: process.argv[3], areShort: process.argv[4] === shortMark });
else await main();
