/** The limits of tasks, each with its reason. */
const day = 24 * 3_600_000;
const mebibyte = 1024 * 1024;

/** What letters are called that say how a task has ended. */
export const endLetterType = 'task.ended';

export const taskLimits = {
  /** Of one task's input, and of its result: more is kept in a file, and the task says where. */
  taskInputBytes: mebibyte,
  taskResultBytes: mebibyte,
  /** UTF-8 bytes of an idempotency key, of a reason, and of what a worker says of its progress. */
  taskKeyBytesMax: 256,
  taskReasonBytesMax: 1024,
  taskNoteBytesMax: 256,
  /** Software that one task asks for or one worker has, and kinds of resources: each is a word of 64 characters. */
  taskWordsMax: 64,
  /** Nodes on which one task may not run. */
  taskNotNodesMax: 256,
  /** Cores and units of a resource: above any machine. Memory: a pebibyte. */
  taskUnitsMax: 65_536,
  taskMemoryMax: 2 ** 50,
  /** Tasks that one task waits for, and parts of one task. */
  taskAfterMax: 256,
  taskPartsMax: 1000,
  /** Tasks that the parts of one task wait for, all together: each is a row of the store. */
  taskPartWaitsMax: 10_000,
  /** Results of the parts of one task together: they go to those who follow it in one message. */
  taskPartResultsBytes: 64 * mebibyte,
  /** Tasks of one `orderMany`: they are one commit. */
  tasksPerOrderMax: 1000,
  /** Attempts that may be asked for. */
  taskAttemptsMax: 100,
  /** Of a service that says that twice does no harm. */
  taskAttemptsIdempotent: 3,
  /** The second attempt follows after this; that doubles, each time a fifth more or less. */
  taskRetryMs: 1000,
  taskRetryMsMax: 300_000,
  /** A start that is put off, a deadline, and the time of one attempt: a year. */
  taskDelayMsMax: 365 * day,
  /** Tasks that have not ended: their headings are in the memory of the broker, about 1 KiB each. */
  tasksOpenMax: 200_000,
  /** The same task is meant by a key for as long as it is kept, and for this long at least. */
  taskKeyMs: day,
  taskDoneKeptMs: 7 * day,
  /** Failed, expired, lost and cancelled ones: they can be ordered again. */
  taskFailedKeptMs: 30 * day,
  /** Tasks that were kept long enough are looked for this often, a limited number in one operation. */
  taskSweepMs: 10_000,
  tasksPerSweepMax: 500,
  /** So often a task is passed by smaller ones before a worker is kept free for it. */
  taskPassedMax: 64,
  /** Shapes of tasks that one worker may have declined at a time; beyond it the worker is passed over for all. */
  taskDeclinedMax: 256,
  /** Looks at shapes and workers in one turn, of 10 to 50 ns each: the rest is matched in the next ones. */
  taskLooksMax: 25_000,
  /** Services whose durations are in memory: those not heard of for the longest time make room. */
  taskEstimatesMax: 1000,
  /** A worker that has not renewed its lease for so long, or three times its stall tolerance, may be dead. It renews it this often. */
  taskLeaseMs: 10_000,
  taskRenewMs: 3000,
  /** A worker that cannot renew its lease ends its work so long before the lease does. */
  taskLeaseMarginMs: 1000,
  /** A worker that has not answered an offer by then is passed over for a while. */
  taskOfferMs: 2000,
  /** A worker that has declined is asked again after this, or as soon as it says that something has changed. */
  taskDeclinedMs: 5000,
  /** Offered to one worker at a time, and handed to it in one message. */
  tasksPerOfferMax: 256,
  tasksPerClaimMax: 128,
  taskClaimBytesMax: 512 * 1024,
  /** At work in one node, of all its services, and waiting there. */
  taskConcurrencyMax: 1000,
  taskQueueMax: 1000,
  /** Tasks that one worker is offered or has, of all its services: it must be able to name them all to a next broker. */
  taskClaimsMax: 2000,
  /** Tasks that one message about those in hand names, and that a worker remembers: twice those that it may have. */
  tasksInHandMax: 4000,
  /** Ends that go to their authors as letters: under way at a time, and waiting for that in the memory of the broker. */
  taskLettersUnderWayMax: 16,
  taskLettersQueuedMax: 10_000,
  /** What could not be put into a mailbox is tried again after this. */
  taskLetterAgainMs: 10_000,
  /** A result goes into such a letter up to this size: that of one task always does. */
  taskLetterResultBytes: mebibyte,
  /** Services of one worker. */
  taskServicesMax: 256,
  /** Workers that the broker remembers: those not seen for the longest time make room. */
  taskWorkersMax: 10_000,
  /** Refused ends of one member that the log has, as many as a worker can have in hand; and as many again in an hour. */
  taskStaleNotedMax: 2000,
  taskStaleNotedMs: 3_600_000,
  /** Durations of a service from which its estimates are made. */
  taskDurationsMax: 256,
  /** Progress of one task is passed on this often; of what comes meanwhile, the last. */
  taskProgressMs: 100,
  /** A handler's thread that goes on for so long after its signal has fired is ended. */
  taskThreadGraceMs: 5000,
  /** A worker whose loop stood still for longer is named in the log. */
  taskBlockedMs: 1000,
  /** So often it is looked at while a handler runs in it, and so often a service is named at most. */
  taskBlockedLookMs: 250,
  taskBlockedSaidMs: 60_000,
  /** An order waits this long to be stored; then whether it is is unknown. */
  taskOrderTimeoutMs: 30_000,
  /** Ordered by the program and not stored: beyond it an order is refused at once. */
  tasksUnstoredMax: 16_384,
  tasksUnstoredBytesMax: 128 * mebibyte,
  /** Of one node's orders in one message to the broker; one that is larger is a message by itself. */
  tasksPerMessageMax: 500,
  taskMessageBytesMax: 192 * 1024,
  /** Tasks that one node follows at a time. */
  tasksFollowedMax: 100_000,
  /** That a task has begun is said so much later: of one that has ended by then it is said with its end, in one commit. */
  taskStartedMs: 20,
  /** A result that could not be handed in for so long is put on the worker's disk. */
  taskResultOnDiskMs: 1000,
  /**
   * A result that the worker's disk has refused is put there again after this, and results of an earlier run that cannot be
   * read are read again, which doubles each time. A worker says nothing before they are read, or this number of times was
   * tried: 3.5 s, within the lease of the earlier run.
   */
  taskResultsAgainMs: 500,
  taskResultsAgainMsMax: 60_000,
  taskResultsReadsFirst: 4,
  /** An operation that the store could not carry out is tried again after this. */
  taskStoreAgainMs: 500,
  /** What runs on a worker that is to give it back has so long to end. */
  taskDrainGraceMs: 5000,
  /** Where its disk was full. */
  taskFullAgainMs: 5000,
  /** Headings that are read at a time as a broker begins. */
  tasksPerReadMax: 500,
  /** Tasks that are looked at for one page of them, whether they are wanted or not. */
  tasksLookedAtMax: 1000,
  /** Tasks in one answer to a question, and workers that are read at a time. */
  tasksPerPage: 200,
  workersPerPage: 200,
  /** Of workers or services in one answer, of 1 MiB at most: one of them has 50 KiB at most. */
  taskPageBytesMax: 256 * 1024,
} as const;

/** A worker whose loop may stand still for longer has a longer lease. */
export function leaseMsOf(stallToleranceMs: number): number {
  return Math.max(taskLimits.taskLeaseMs, 3 * stallToleranceMs);
}

/** How long a task waits after an attempt has failed. @param attempt From 1. */
export function retryWaitMs(attempt: number): number {
  return Math.min(taskLimits.taskRetryMs * 2 ** (attempt - 1), taskLimits.taskRetryMsMax);
}
