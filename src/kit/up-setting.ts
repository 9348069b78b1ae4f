/**
 * A setting of `skein up` as people give it: a flag, a variable, a key of the configuration file.
 *
 * Who reads it: the command line (`cli/settings.ts`). What is accepted stands in a schema beside it.
 */
export interface SettingText {
  readonly name: string;
  /** How text becomes a value; what does not fit is left to the schema, which says so. */
  readonly read: 'text' | 'number' | 'list' | 'flag';
  /** Commander's notation; a flag that takes no value has none. */
  readonly value?: string;
  readonly help: string;
  readonly hidden?: boolean;
  /** A flag of which a person types the `--no-...`. */
  readonly isOnByDefault?: boolean;
}
