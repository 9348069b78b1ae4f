/** A promise with the functions that settle it: `Promise.withResolvers`, which Node.js 20 does not have. */
export interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

export function withResolvers<Value = void>(): Resolvers<Value> {
  let settle: Omit<Resolvers<Value>, 'promise'> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<Resolvers<Value>, 'promise'>) };
}
