/** Lies as a step of a scenario file. */
import { expect, test } from 'vitest';
import { Director } from '../../src/sim/run/scenario/director.ts';
import { readScenario } from '../../src/sim/run/scenario/parse.ts';
import { runScenario } from '../../src/sim/run/scenario/run-scenario.ts';
import { SimulatedStage } from '../../src/sim/run/scenario/simulated-stage.ts';

const others = 'n1,n2,n4,n5,n6';
const begin = [{ start: 'all' }, { expect: { together: 'all' } }];

function scenarioOf(...steps: readonly object[]) {
  return readScenario({ nodes: 6, steps: [...begin, ...steps] });
}

test('a forger is cut off, the others lose nobody, and it comes back when it is over', async () => {
  const { report } = await runScenario(
    scenarioOf(
      { after: '10s', lie: 'n3', kinds: ['forge', 'replay'], for: '8s' },
      { expect: { notLinked: { n3: others } }, within: '5s' },
      { after: '8s', expect: { together: [others, 'n3'], lost: 'n3' }, for: '5s' },
      { expect: { together: 'all', components: 1 }, within: '200s' },
    ),
  );
  expect(report.failures).toEqual([]);
  expect(report.log.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['n3 lies: forge, replay', 'f1 is over']),
  );
});

test('a lie without an end is healed by its name, or with all', async () => {
  const { report } = await runScenario(
    scenarioOf(
      { after: '10s', lie: 'n2', kinds: ['omissions'], as: 'silence' },
      { lie: 'n3', kinds: ['replay'] },
      { after: '2s', heal: 'silence' },
      { heal: 'all' },
      { expect: { together: 'all' }, for: '5s' },
    ),
  );
  expect(report.failures).toEqual([]);
  const texts = report.log.map(({ text }) => text);
  expect(texts.filter((text) => text.endsWith('is over'))).toEqual(['silence is over', 'f2 is over']);
});

test('a stage of real programs cannot lie, and says so', async () => {
  const scenario = scenarioOf({ lie: 'n2', kinds: ['forge'] });
  const stage = new SimulatedStage(scenario, 1);
  const director = new Director(scenario, Object.assign(stage, { lie: undefined }));
  await director.play();
  expect(director.failures).toEqual(['steps[2]: only simulated nodes lie']);
  stage.mesh.killAll();
});

test.each([
  [{ lie: 'n2' }, 'steps[2].kinds: missing'],
  [{ lie: 'n2', kinds: [] }, 'steps[2].kinds: expected a list of versions, edges'],
  [{ lie: 'n2', kinds: ['fibs'] }, 'steps[2].kinds[0]: expected a list of versions, edges'],
  [{ lie: 'n9', kinds: ['forge'] }, 'steps[2].lie: '],
])('%j is refused', (step, text) => {
  expect(() => scenarioOf(step)).toThrow(text);
});
