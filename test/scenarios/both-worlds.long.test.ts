/** Every other scenario of `examples/scenarios` ends alike in virtual time and as real processes. */
import { inBothWorlds, scenarioFiles, shortScenarioFiles } from './both-worlds.ts';

inBothWorlds(scenarioFiles().filter((file) => !shortScenarioFiles.includes(file)));
