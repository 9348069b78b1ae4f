/** What features add to `skein up`: a line in each for every feature that has settings of its own. */
import type { SettingText } from '../kit/up-setting.ts';
import type { FeatureNodeOptions } from './api.ts';
import { formationUp } from './formation/up.ts';

export const featureTexts: readonly SettingText[] = [...formationUp.texts];

export const featureFields = {
  ...formationUp.fields,
};

const optionsOf: readonly ((given: object) => FeatureNodeOptions)[] = [formationUp.options];

/** What they make of their settings for `createNode`. @throws SkeinError SKEIN_INVALID */
export function featureOptions(given: object): FeatureNodeOptions {
  return Object.assign({}, ...optionsOf.map((options) => options(given)));
}
