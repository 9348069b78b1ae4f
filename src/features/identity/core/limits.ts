/** The limits of the identity's core, each with its reason. */
export const identityLimits = {
  /** An Ed25519 public key (RFC 8032). */
  identityKeyBytes: 32,
  /** An Ed25519 signature. */
  identitySignatureBytes: 64,
} as const;
