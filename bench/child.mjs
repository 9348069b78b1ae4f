// One role of one system on one piece of work, in a process of its own; started by processes.mjs, which it
// tells what it finds. It lives as long as whoever started it.
const [url, shape, role, json] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => process.exit());
const { roles } = await import(url);
await roles[shape][role](JSON.parse(json), (type, data = {}) => process.send({ type, ...data }));
