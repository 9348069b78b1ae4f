/**
 * The text and the stack of whatever was thrown.
 *
 * Used wherever skein calls what it did not write: a program may throw anything. Invariant: neither function throws, also
 * not for an object without a prototype, for one whose getters or `toString` throw, and for a Proxy.
 */

const noText = 'a thrown value that has no text';

/** Its message, where it has one. */
export function textOfThrown(thrown: unknown): string {
  try {
    const message = (thrown as { readonly message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return noText;
  }
}

/** Its stack, where it has one; else its text. */
export function stackOfThrown(thrown: unknown): string {
  try {
    const stack = (thrown as { readonly stack?: unknown } | null | undefined)?.stack;
    if (typeof stack === 'string' && stack !== '') return stack;
  } catch {
    // Its text has to do.
  }
  return textOfThrown(thrown);
}

/** Its code, where it has one that is text. */
export function codeOfThrown(thrown: unknown): string | undefined {
  try {
    const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}

/** It is what a program would catch as an `Error`. A Proxy may throw when it is asked. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}
