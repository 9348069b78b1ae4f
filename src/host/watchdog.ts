/**
 * Ends this process when its event loop hangs: a broker that answers nobody must not hold the formation's address.
 *
 * Who calls it: the driver, while this node is the broker. A thread of its own counts the beats of the main loop; it
 * counts its own ticks, not time, so that a machine that slept or a stopped process is not taken for one that hangs.
 * Invariant: nothing happens while a debugger is attached, and nothing once it was stopped.
 */
import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { hostLimits } from './limits.ts';

interface WatchData {
  readonly beats: Int32Array;
  readonly tickMs: number;
  readonly missedMax: number;
  readonly text: string;
}

export class Watchdog {
  private readonly worker: Worker;
  private readonly timer: NodeJS.Timeout;

  constructor() {
    const beats = new Int32Array(new SharedArrayBuffer(4));
    const { watchdogHungMs: hungMs, watchdogTickMs: tickMs } = hostLimits;
    const text = `skein: this node was the broker and did nothing for ${hungMs / 1000} s: it is ended, so that another can be\n`;
    const workerData: WatchData = { beats, tickMs, missedMax: hungMs / tickMs, text };
    this.worker = new Worker(`(${watch.toString()})()`, { eval: true, workerData, execArgv: [] });
    // Without a thread there is no watchdog, and the node goes on.
    this.worker.on('error', () => undefined);
    this.worker.unref();
    this.timer = setInterval(() => {
      // Whoever looks at it with a debugger wants it to stand still.
      if (inspectorUrl() !== undefined) this.stop();
      else Atomics.add(beats, 0, 1);
    }, tickMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    void this.worker.terminate();
  }
}

/** Runs in the thread, as text: it can use nothing of this file. */
function watch(): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { writeSync } = process.getBuiltinModule('node:fs');
  const { beats, tickMs, missedMax, text } = workerData as WatchData;
  let last = 0;
  let missed = 0;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    missed = now === last ? missed + 1 : 0;
    last = now;
    if (missed < missedMax) return;
    try {
      writeSync(2, text);
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }, tickMs);
}
