/** What a person may give `skein up`: the settings of a node, and how the command logs. Who reads it: the commands. */
import { oneOf, type Settings, setting } from '../kit/setting.ts';
import { settings } from '../node/settings.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export const logSettings = {
  logLevel: setting({
    type: oneOf(logLevels, '<level>'),
    default: 'warn',
    help: 'debug, info, warn, error or silent',
  }),
  logFormat: setting({
    type: oneOf(['text', 'json'], '<format>'),
    default: 'text',
    help: 'text, or json: one object a line, as pino writes it',
  }),
};

const all: Settings = { ...settings, ...logSettings };

/** What a person may give, by name. */
export const upSettings: Settings = Object.fromEntries(
  Object.entries(all).filter(([, row]) => row.isOptionOnly !== true),
);
