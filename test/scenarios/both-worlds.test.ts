/** The short scenarios of `examples/scenarios` end alike in virtual time and as real processes. */
import { inBothWorlds, shortScenarioFiles } from './both-worlds.ts';

inBothWorlds(shortScenarioFiles);
