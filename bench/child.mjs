// One role of one system on one piece of work; started by run.mjs, which it tells what it finds.
const [system, role, json] = process.argv.slice(2);
const work = JSON.parse(json);
const { receiver, sender } = await import(`./systems/${system}.mjs`);
process.on('SIGINT', () => process.exit(0));
await (role === 'receiver' ? receiver : sender)(work, (type, data = {}) => process.send({ type, ...data }));
