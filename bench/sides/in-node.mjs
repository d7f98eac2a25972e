/** A side in a process of Node: `node in-node.mjs NAME` runs NAME.mjs. */
import { readFile } from 'node:fs/promises';
import { answersOf } from './serve.mjs';
import { answerRequests } from './standard-streams.mjs';

const { open } = await import(`./${process.argv[2]}.mjs`);
await answerRequests(answersOf(open, (path) => readFile(path)));
