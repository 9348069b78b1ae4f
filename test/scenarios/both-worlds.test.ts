/** Every scenario of `examples/scenarios` ends alike in virtual time and as real processes. */
import { inBothWorlds, scenarioFiles } from './both-worlds.ts';

inBothWorlds(scenarioFiles());
