import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

const host = join(import.meta.dirname, 'lambda-host.mjs');
const minutes = 60_000;
const timedOut = [{ check: 'runtime', result: 'failed', note: 'an invocation of four minutes timed out' }];

/** A process of the function; `invoke` gives what the handler returns, null where it was killed at its time limit. */
function functionProcess(project, timeout) {
  const child = spawn(process.execPath, [host, join(project, 'programs/function.mjs'), String(timeout)], {
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      AWS_LAMBDA_FUNCTION_NAME: 'selfcure',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
    },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async invoke(event) {
      child.stdin.write(`${JSON.stringify(event)}\n`);
      const { value, done } = await lines.next();
      if (done) return null;
      const { result, error } = JSON.parse(value);
      if (error) throw new Error(error);
      return result;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** A function as AWS Lambda invokes it: the checks in one invocation, then a training in slices over several processes. */
export const lambdaRuntime = async (project) => {
  const folder = join(project, 'runs');
  mkdirSync(folder);
  const long = functionProcess(project, 4 * minutes);
  const outcomes = [];
  try {
    outcomes.push(...((await long.invoke({ kind: 'checks' })) ?? timedOut));
    let cursor = { status: 'running' };
    let invocations = 0;
    while (cursor.status !== 'finished') {
      const short = functionProcess(project, 2_000);
      try {
        // Two invocations a process: a cold one and a warm one. A process that was killed gets no second one; its event is delivered again.
        for (let warm = 0; warm < 2 && cursor.status !== 'finished'; warm++) {
          if (++invocations > 60) throw new Error(`after 60 invocations the run is ${cursor.status}`);
          const answer = await short.invoke({ kind: 'slice', folder, ...(cursor.generation && { cursor }) });
          if (answer?.status === 'busy') await setTimeout(answer.retryAfter);
          if (!answer) break;
          cursor = answer;
        }
      } finally {
        await short.end();
      }
    }
    outcomes.push(...((await long.invoke({ kind: 'compare', folder })) ?? timedOut));
  } finally {
    await long.end();
  }
  return { title: 'Lambda handler', outcomes };
};
