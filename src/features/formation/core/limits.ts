/** The limits of the formation feature, each with its reason. */
export const formationLimits = {
  /** One of the five messages as JSON: Data may carry a payload of this size, all else is far below it. */
  formationMessageBytesMax: 1024 * 1024,
  /** UTF-16 units of a member's name and of a service's: a nanomsg program may take any text. */
  formationNameLength: 64,
  /** UTF-16 units of an address. */
  formationAddressLength: 256,
  /** Higher epochs are not believed: one could not be outbid. They count seconds of Unix time from the 21st bit on. */
  epochMax: 2 ** 52,
  /** Addresses of one formation: a broker looks for others at each of them. */
  formationAddressesMax: 16,
  /** Whoever knows of no broker waits a random time up to this: of many, most find that another was quicker. */
  bindJitterMs: 100,
  /** Then it asks each address whether somebody is there, for this long: once through a slow handshake. */
  askMs: 1000,
  /** The same where a broker was just lost. Each address was looked at while it lived. */
  askAgainMs: 200,
  /** Whoever has an address is announced within this time, or is no broker of this mesh. */
  claimWaitMs: 500,
  /** Without a broker it is tried again after this, doubled at most to the second. */
  seekAgainMs: 500,
  seekAgainMsMax: 5000,
  /** A broker looks at the other addresses this often: two islands that never met have one each. */
  brokerLookMs: 5000,
  /** A request to pair waits this long for a broker and its answer. */
  pairTimeoutMs: 10_000,
  /** Requests to pair that wait. */
  pairsUnresolvedMax: 1024,
  /** Each member tells the broker of itself this often (vee: 2 s). */
  hailIntervalMs: 2000,
  /** Between two hails that have their own reason: other services, another way to the broker. */
  hailGapMs: 100,
  /** A registry entry lasts for three hails that do not come. */
  formationLeaseMs: 6000,
  /** A broker's directory is whole by then: each member hails when it hears of it, a nanomsg program within two seconds. */
  directoryWholeMs: 2500,
  /** Entries of one registry: ten times the largest formation that is meant. */
  registryEntriesMax: 100_000,
  /** Characters of all of them: a hundred thousand with a name, an address and a few services. */
  registryCharactersMax: 32 * 1024 * 1024,
  /** Names that one nanomsg program may hail for: it may speak for several, but not fill the registry alone. */
  registryNamesPerHolderMax: 64,
  /** Names of members that are gone, so that whoever asks for one is told that it was there. */
  formationGoneMax: 4096,
} as const;
