import { test } from 'vitest';
import { formatReport, runSimulation } from '../../src/sim/index.ts';
import { swarmOptions } from './swarm.ts';

test('debug', async () => {
  const env = process.env;
  const base = env.SWARM
    ? swarmOptions(Number(env.SWARM))
    : {
        nodes: Number(env.NODES ?? 20),
        degree: 3,
        seed: Number(env.SEED ?? 1),
        minutes: Number(env.MIN ?? 0.2),
        joinAndCrash: !!env.FIG,
      };
  const t = performance.now();
  const report = await runSimulation({ ...base, trace: !!env.TRACE, ...JSON.parse(env.OPT ?? '{}') });
  console.log(
    formatReport(report),
    '\nreal ms',
    Math.round(performance.now() - t),
    '\n',
    report.faultLog.join('\n'),
  );
  if (env.TRACE) (await import('node:fs')).writeFileSync(env.TRACE, (report.trace ?? []).join('\n'));
}, 600000);
