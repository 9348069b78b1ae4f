/**
 * The formation's five messages as vee has them: JSON text, one key that names the variant.
 *
 * Who calls it: the formation, and the doors through which nanomsg programs speak with it. Invariant: what is read
 * is one of the five with all that belongs to it, each text within its limit; fields that are not known are left
 * out, as vee's own reader does, so that a hail can say more than vee's.
 */
import { limits } from '../../../kernel/limits.ts';
import { formationLimits } from './limits.ts';

export interface Hail {
  readonly type: 'Hail';
  readonly name: string;
  /** Where the node can be reached directly, as a nanomsg address (`tcp://127.0.0.1:7017`). */
  readonly address: string;
  /** What vee does not know of. */
  readonly services: readonly string[];
}

interface Pair {
  readonly type: 'Pair';
  readonly originator: string;
  readonly destination: string;
}

interface Link {
  readonly type: 'Link';
  readonly originName: string;
  readonly destinationName: string;
  /** The originator's, where the two meet. */
  readonly address: string;
}

interface Fail {
  readonly type: 'Fail';
  /** Whose request it was. */
  readonly offender: string;
  readonly explanation: string;
}

interface Data {
  readonly type: 'Data';
  readonly payload: string;
}

export type FormationMessage = Hail | Pair | Link | Fail | Data;

/** Of frames along the mesh, both ways: the five messages say who speaks. */
export const FormationType = { say: 1 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeFormationMessage(message: FormationMessage): Uint8Array {
  return encoder.encode(JSON.stringify({ [message.type]: fieldsOf(message) }));
}

/** @returns what is wrong with them, where the bytes are none of the five. */
export function decodeFormationMessage(bytes: Uint8Array): FormationMessage | { readonly problem: string } {
  if (bytes.length > formationLimits.formationMessageBytesMax) {
    return {
      problem: `a message of ${bytes.length} bytes is over the limit of ${formationLimits.formationMessageBytesMax}`,
    };
  }
  const json = parse(bytes);
  if (!isRecord(json)) return { problem: 'not a JSON object' };
  const [variant, ...more] = Object.keys(json);
  if (variant === undefined || more.length > 0) return { problem: 'not an object of one key' };
  if (!Object.hasOwn(readers, variant)) return { problem: `no message is called ${shown(variant)}` };
  const fields = json[variant];
  if (!isRecord(fields)) return { problem: `${variant} has no fields` };
  return readers[variant as FormationMessage['type']](new Fields(variant, fields));
}

/** By the names that vee gives them. */
function fieldsOf(message: FormationMessage): Record<string, unknown> {
  switch (message.type) {
    case 'Hail': {
      const { name, address, services } = message;
      // Exactly vee's, where there is no more to say.
      return services.length === 0 ? { name, address } : { name, address, services };
    }
    case 'Pair':
      return { originator: message.originator, destination: message.destination };
    case 'Link': {
      const { originName, destinationName, address } = message;
      return { origin_name: originName, destination_name: destinationName, address };
    }
    case 'Fail':
      return { offender: message.offender, explanation: message.explanation };
    case 'Data':
      return { payload: message.payload };
  }
}

type Read = FormationMessage | { readonly problem: string };

const readers: Readonly<Record<FormationMessage['type'], (fields: Fields) => Read>> = {
  Hail: (fields) =>
    fields.read({
      type: 'Hail',
      name: fields.label('name'),
      address: fields.text('address', formationLimits.formationAddressLength),
      services: fields.labels('services'),
    }),
  Pair: (fields) =>
    fields.read({
      type: 'Pair',
      originator: fields.label('originator'),
      destination: fields.label('destination'),
    }),
  Link: (fields) =>
    fields.read({
      type: 'Link',
      originName: fields.label('origin_name'),
      destinationName: fields.label('destination_name'),
      address: fields.text('address', formationLimits.formationAddressLength),
    }),
  Fail: (fields) =>
    fields.read({
      type: 'Fail',
      offender: fields.label('offender'),
      explanation: fields.text('explanation', formationLimits.formationMessageBytesMax),
    }),
  Data: (fields) =>
    fields.read({ type: 'Data', payload: fields.text('payload', formationLimits.formationMessageBytesMax) }),
};

/** The keys that name the variants. */
export const formationVariants: readonly string[] = Object.keys(readers);

/** The fields of one message; the first that is wrong is what is told. */
class Fields {
  private readonly variant: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private problem: string | undefined;

  constructor(variant: string, values: Readonly<Record<string, unknown>>) {
    this.variant = variant;
    this.values = values;
  }

  read(message: FormationMessage): Read {
    return this.problem === undefined ? message : { problem: this.problem };
  }

  /** What a person may be shown: at least one character, and none that a terminal obeys. */
  label(name: string): string {
    return this.checkLabel(name, this.text(name, formationLimits.formationNameLength));
  }

  /** None where there are none. */
  labels(name: string): readonly string[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value) || value.length > limits.servicesPerRecordMax) {
      this.fail(`${name} is not a list of at most ${limits.servicesPerRecordMax}`);
      return [];
    }
    return value.map((one) =>
      this.checkLabel(name, this.checkText(name, one, formationLimits.formationNameLength)),
    );
  }

  text(name: string, lengthMax: number): string {
    return this.checkText(name, this.values[name], lengthMax);
  }

  private checkText(name: string, value: unknown, lengthMax: number): string {
    if (typeof value !== 'string') this.fail(`${name} is not text`);
    else if (value.length > lengthMax)
      this.fail(`${name} of ${value.length} characters is over the limit of ${lengthMax}`);
    else return value;
    return '';
  }

  private checkLabel(name: string, text: string): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (text === '' || /[\u0000-\u001f\u007f-\u009f]/.test(text))
      this.fail(`${name} has no characters, or some that cannot be shown`);
    return text;
  }

  private fail(problem: string): void {
    this.problem ??= `${this.variant}: ${problem}`;
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
