/** What a broker is made with, and what starts one. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface BrokerSettings {
  readonly store: string;
  readonly formation: string;
  readonly namespace: string;
}

/** Resolves once it is the broker. @param tracer A program and its arguments that is to run it. Default: none. */
export async function startBroker(
  program: string,
  settings: BrokerSettings,
  tracer: readonly string[] = [],
): Promise<ChildProcess> {
  const [execPath = process.execPath, ...options] = tracer;
  const execArgv = tracer.length === 0 ? [] : [...options, process.execPath];
  const broker = fork(program, [JSON.stringify(settings)], { execPath, execArgv });
  await Promise.race([
    once(broker, 'message'),
    once(broker, 'exit').then(() => Promise.reject(new Error('the broker has ended'))),
  ]);
  return broker;
}
