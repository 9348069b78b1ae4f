/** The limits of letters, each with its reason. */
const day = 24 * 3_600_000;

export const letterLimits = {
  /** Of one letter's body, unless its node is set to send larger ones: a picture fits; a letter can say where a file is. */
  letterBytes: 1024 * 1024,
  /** The largest that a node can be set to: it passes through the broker's memory whole, and some hundred are a disk. */
  letterBytesMax: 64 * 1024 * 1024,
  /** Recipients of one letter: twice the largest mesh that we mean. */
  letterRecipientsMax: 10_000,
  /** Names that a delivered letter lists; of one to more the recipient learns its own only. */
  letterRecipientsShown: 256,
  /** UTF-8 bytes of an idempotency key, and of a reason that a recipient gives. */
  letterKeyBytesMax: 256,
  letterReasonBytesMax: 1024,
  /** Letters of one recipient that wait in the store; the sender of one more is refused. */
  mailboxLettersMax: 100_000,
  mailboxBytesMax: 256 * 1024 * 1024,
  /** Types that the handlers of one node name, conversations among them. */
  letterTypesMax: 256,
  /** Handed to one recipient and not settled: enough for 50,000 a second over 20 ms. A larger letter travels alone. */
  lettersInHandMax: 1000,
  lettersInHandBytesMax: 4 * 1024 * 1024,
  /** Read from the store at a time for one recipient. */
  lettersPerReadMax: 500,
  lettersPerReadBytesMax: 512 * 1024,
  /** Of one node's letters in one message to the broker; one that is larger is a message by itself. */
  lettersPerPutMax: 500,
  putBytesMax: 192 * 1024,
  /** Fewer are not sent in two messages: each costs a commit. */
  lettersAheadMin: 64,
  /** Such messages of one node that are being stored at a time: as many as it sends. Others wait at the broker. */
  putsUnderWayMax: 4,
  /** Sent by the program and not stored: beyond it a send is refused at once. */
  lettersUnstoredMax: 16_384,
  lettersUnstoredBytesMax: 128 * 1024 * 1024,
  /** A send waits this long to be stored; then whether it is is unknown. */
  letterTimeoutMs: 30_000,
  /** What the swarm has not taken by then is put into the outbox: a change of the broker is mostly over. */
  letterOutboxAfterMs: 2000,
  /** What the swarm could not take from the outbox, or the outbox from the program, is tried again after this. */
  letterOutboxAgainMs: 5000,
  /** A reading of the outbox that fails is tried this many times; until then nothing is sent. */
  outboxLoadsMax: 5,
  /** Read from the outbox at a time. */
  outboxLettersPerRead: 256,
  outboxBytesPerRead: 1024 * 1024,
  /** Keys of letters that were stored, for repeats that its store cannot be asked about at the moment. */
  letterKeysRemembered: 1024,
  /** Letters of which the author keeps a copy: it asks this often which of these have ended. */
  letterCopiesAskMs: 10_000,
  letterCopiesPerAsk: 200,
  /** A letter that nobody has handled by then has expired. */
  letterExpiresMs: 30 * day,
  letterExpiresMsMax: 3650 * day,
  /** A letter that has failed is kept this long, to be looked at and sent again by hand. */
  letterFailedKeptMs: 30 * day,
  /** What became of a letter is remembered this long after all was settled. */
  letterSettledKeptMs: day,
  /** So long after it was sent an idempotency key means this letter: a program that repeats a letter does so soon. */
  letterKeyMs: day,
  /** The second attempt follows after this; that doubles, each time a fifth more or less. */
  letterRetryMs: 1000,
  letterRetryMsMax: 300_000,
  /** With `dedup`: ids of handled letters that a recipient keeps, on its disk and in memory: some megabytes. */
  handledIdsMax: 100_000,
  letterHandledKeptMs: 30 * day,
  letterAttempts: 10,
  letterAttemptsMax: 1000,
  letterConcurrency: 16,
  letterConcurrencyMax: 1000,
  /** A handler that has not settled after this is warned about. */
  letterSlowMs: 60_000,
  /** Letters that have expired, or are forgotten, are looked for this often, a limited number in one operation. */
  letterSweepMs: 10_000,
  lettersPerSweepMax: 500,
  /** The desk of a recipient that is unreachable for this long is closed: it has asked for nothing meanwhile. */
  letterAwayMs: 60_000,
  /** What it had in hand does not expire for so long: the mesh remembers an unreachable node for an hour, too. */
  letterUnreachableMs: 3_600_000,
  /** Letters for which that is kept, of all such recipients: the hands of ten, about 1 MiB. */
  lettersUnreachableMax: 10_000,
  /** An operation that the store could not carry out is tried again after this. */
  letterStoreAgainMs: 500,
  /** Ends that wait for their author to hear of them: beyond it the oldest are dropped, and it hears how many. */
  letterReportsMax: 10_000,
  /** Of these, in one message to their author. */
  letterReportsPerMessage: 200,
  /** Letters of the outbox of which it is remembered what became of them, where the swarm knows nothing of their ids. */
  lettersSentOnMax: 1024,
  /** Stores whose reports a node tells from those that it has heard of: more than a swarm has in a lifetime. */
  letterReportStoresMax: 16,
  /** Letters in one answer to a question. */
  lettersPerPage: 200,
} as const;

/** How long a letter waits after an attempt has failed. @param attempt From 1. */
export function retryWaitMs(attempt: number): number {
  return Math.min(letterLimits.letterRetryMs * 2 ** (attempt - 1), letterLimits.letterRetryMsMax);
}
