// The starter of a cold start: it says when its system is ready, when the first message has come back from a peer
// that runs already, and, after a rest, how much memory it holds. The times are taken by whoever started it,
// from the moment the process was asked for.

const restMsDefault = 1500;

/** `open` makes the system ready; `reach` resolves when an answer has come from the peer. */
export async function coldStart({ restMs = restMsDefault }, tell, open, reach) {
  const opened = await open();
  tell('opened');
  await reach(opened);
  tell('reached');
  await new Promise((resolve) => setTimeout(resolve, restMs));
  tell('done', { figures: { memory: process.memoryUsage.rss() / 1e6 }, verified: 1 });
}
