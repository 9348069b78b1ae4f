/** The formation's settings of `skein up`: their texts, what is accepted, and the option of `createNode` they make. */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, listOf, show } from '../../kit/fields.ts';
import type { SettingText } from '../../kit/up-setting.ts';
import type { FormationNodeOptions } from './api.ts';
import { formationLimits } from './core/limits.ts';

const address = v.string((issue) => `expected tcp://HOST:PORT, got ${show(issue.input)}`);

export const formationUp = {
  texts: [
    {
      name: 'formation',
      read: 'list',
      value: '<address...>',
      help: 'tcp://host:port each, the same everywhere: the node that binds one is the broker',
    },
    {
      name: 'doorInsecure',
      read: 'flag',
      help: 'let nanomsg programs of other machines into the formation: they have no key',
    },
  ] satisfies readonly SettingText[],
  fields: {
    formation: v.exactOptional(listOf(address, 'tcp://HOST:PORT', formationLimits.formationAddressesMax)),
    doorInsecure: v.exactOptional(flag),
  },
  /** @throws SkeinError SKEIN_INVALID for settings that make no sense together. */
  options({
    formation,
    doorInsecure = false,
  }: {
    readonly formation?: readonly string[];
    readonly doorInsecure?: boolean;
  }): FormationNodeOptions {
    if (doorInsecure && formation === undefined)
      throw new SkeinError(
        'SKEIN_INVALID',
        'doorInsecure: there is no formation whose door it opens; name one: --formation',
      );
    return formation === undefined
      ? {}
      : { formation: { addresses: formation, doorInsecure, endWhenHung: true } };
  },
};
