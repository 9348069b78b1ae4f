/**
 * Runs a bundled simulator over seeds in a child process and says what became of each.
 *
 * Who calls it: the main program, for the code as it is and for each mutant. A child, because a mutant may
 * hang, fill the memory or end the process. Invariant: a child that does not finish a seed in time is
 * killed, and a hang or a crash is the failure of that seed, in words of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a child prints, one line each. */
export type SeedReport =
  | { readonly seed: number; readonly state: 'begun' | 'passed' }
  | { readonly seed: number; readonly state: 'failed'; readonly failure: string; readonly repeat: string };

export interface Failure {
  readonly seed: number;
  /** One line. */
  readonly text: string;
  /** The command that repeats it in the code as it is; undefined where the run did not end. */
  readonly repeat: string | undefined;
}

export interface JudgeOptions {
  /** Go on after a failure. Default: the first one ends it. */
  readonly all?: boolean;
  /** Of each seed. Undefined: drawn. */
  readonly workload?: string | undefined;
  /** Of that workload: short runs. Default false. */
  readonly areShort?: boolean | undefined;
  /** Of real time, for one seed. */
  readonly seedLimitMs: number;
}

/** A mutant that remembers everything must not take the machine with it. */
const heapMegabytesMax = 1500;

/** The failures of these seeds; the first one only, unless all are asked for. */
export function judge(bundle: string, seeds: readonly number[], options: JudgeOptions): Promise<Failure[]> {
  if (seeds.length === 0) return Promise.resolve([]);
  return new Judgment(bundle, seeds, options).result;
}

class Judgment {
  readonly result: Promise<Failure[]>;
  private readonly options: JudgeOptions;
  private readonly child: ChildProcess;
  private readonly failures: Failure[] = [];
  private current: number | undefined;
  private lastWords = '';
  private hung = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(bundle: string, seeds: readonly number[], options: JudgeOptions) {
    this.options = options;
    const args = [
      `--max-old-space-size=${heapMegabytesMax}`,
      bundle,
      seeds.join(','),
      options.all ? 'all' : 'first',
      ...(options.workload === undefined ? [] : [options.workload]),
      ...(options.workload !== undefined && options.areShort ? ['short'] : []),
    ];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    // Whatever else a program says is none of our reports.
    lines.on('line', (line) => line.startsWith('{"seed":') && this.reported(JSON.parse(line) as SeedReport));
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.lastWords = `${this.lastWords}${bytes}`.slice(-4000);
    });
    const stop = () => this.child.kill('SIGKILL');
    process.once('exit', stop);
    this.result = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        clearTimeout(this.timer);
        process.off('exit', stop);
        const broken = this.closed(code);
        if (broken === undefined) resolve(this.failures);
        else reject(broken);
      });
    });
  }

  private reported(report: SeedReport): void {
    clearTimeout(this.timer);
    if (report.state === 'begun') {
      this.current = report.seed;
      this.timer = setTimeout(() => this.hang(), this.options.seedLimitMs);
      return;
    }
    this.current = undefined;
    if (report.state !== 'failed') return;
    this.failures.push({ seed: report.seed, text: firstLine(report.failure), repeat: report.repeat });
  }

  private hang(): void {
    this.hung = true;
    this.child.kill('SIGKILL');
  }

  /** The error where it was not the simulation that broke, but the way of running it. */
  private closed(code: number | null): Error | undefined {
    const seed = this.current;
    if (seed === undefined)
      return code === 0 ? undefined : new Error(`it did not start: ${this.lastWords.trim()}`);
    const text = this.hung
      ? `stood still: the run did not end within ${this.options.seedLimitMs / 1000} s of real time`
      : `the process ended within the run: ${firstLine(this.reason())}`;
    this.failures.push({ seed, text, repeat: undefined });
    return undefined;
  }

  /** Of all that Node.js prints when it ends, the line that names the reason. */
  private reason(): string {
    const lines = this.lastWords.split('\n').filter((line) => line.trim() !== '');
    return lines.find((line) => /^(\w*Error\b|FATAL)/.test(line)) ?? lines.at(-1) ?? 'without a word';
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] as string).trim();
}
