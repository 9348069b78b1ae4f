/** A promise with the functions that settle it: `Promise.withResolvers`, which Node.js 20 does not have. */
interface Resolvers<Value> extends Settlers<Value> {
  readonly promise: Promise<Value>;
}

export interface Settlers<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

export function withResolvers<Value = void>(): Resolvers<Value> {
  let settle: Settlers<Value> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Settlers<Value>) };
}
