/**
 * Serves trainings on this machine:
 *
 *   SELFCURE_TOKEN=$(openssl rand -hex 16) npm run example -- service
 */
import { startServer } from './node.ts';

const { SELFCURE_TOKEN: token, PORT = '8787', SELFCURE_RUNS: folder = 'runs/service' } = process.env;
if (!token) throw new Error('SELFCURE_TOKEN is not set. It is what clients send: Authorization: Bearer <token>');
const server = await startServer({ folder, token, port: Number(PORT) });
console.log(`listening on ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close().then(() => process.exit(0)));
