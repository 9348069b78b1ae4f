/** Types of knocks.mjs, for the soak. */
export type KnockKind =
  | 'silence'
  | 'random bytes'
  | 'never finishes'
  | 'TLS to nowhere'
  | 'TLS and silence'
  | 'TLS and garbage';
export type KnockOutcome = 'refused' | 'nobody' | 'open';

export declare const knockKinds: readonly KnockKind[];
export declare function knock(
  kind: KnockKind,
  to: { readonly host: string; readonly port: number },
  options: { readonly hello: Uint8Array; readonly giveUpMs: number },
): Promise<KnockOutcome>;
export declare function recordClientHello(): Promise<Uint8Array>;
