/** The service as a server of Node, over HTTP: a run trains to its bits while hundreds of malformed requests arrive. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import fc from 'fast-check';
import { train } from '@selfcure/core';
import { loadRun } from '@selfcure/slices';
import { fileSystemStore } from '@selfcure/slices/node';
import { wasm } from '@selfcure/wasm';
import { bitsOf } from '../../../packages/slices/test/training.ts';
import { startServer } from '../node.ts';
import { parseRunRequest, trainingOf } from '../run-request.ts';
import { asJson, authorized, eventsIn, smallRun, token } from './session.ts';

let folder: string;
let reported: unknown[];
const start = (slice = 700) => startServer({ folder, token, slice, report: (error) => void reported.push(error) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfcure-service-'));
  reported = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What no answer may hold: the folder of runs, a stack, a source file. */
const leaks = (text: string): boolean =>
  text.includes(folder) || /\n\s+at |node_modules|\.[tj]s:\d|\/(tmp|home|root)\//.test(text);

async function postRun(url: string, body: unknown): Promise<string> {
  const answer = await fetch(`${url}/runs`, { method: 'POST', headers: asJson, body: JSON.stringify(body) });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { runId: string }).runId;
}

/** Sends a request as it is. (`fetch` tidies paths up, and gives no answer where the server stops to listen before all is said.) */
function send(url: string, path: string, method: string, headers: Record<string, string>, body: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(url, { method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('error', () => {});
      answer.on('close', () => resolve({ status: answer.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
}

/** Requests that nobody should send, most of them with the right token. */
const malformed = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
  path: fc.oneof(
    { weight: 5, arbitrary: fc.constant('/runs') },
    fc.webPath().map((path) => `/runs${path}`),
    fc.stringMatching(/^[a-f0-9./%-]{1,60}$/).map((id) => `/runs/${id}`),
    fc.constantFrom(
      '/runs/../../etc/passwd',
      '/runs/%2e%2e/head',
      '/runs//report',
      `/runs/${'a'.repeat(4000)}`,
      '/?runs=1',
    ),
  ),
  headers: fc.record({
    authorization: fc.oneof(
      { weight: 5, arbitrary: fc.constant(authorized.authorization) },
      fc.base64String().map((text) => `Bearer ${text}`),
    ),
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'multipart/form-data',
      'application/json; charset=utf-7',
    ),
  }),
  body: fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.string(),
    // A sound request with one part replaced.
    fc
      .tuple(fc.constantFrom('data', 'recipe', 'epochs', 'width', 'seed', '__proto__', 'toString'), fc.jsonValue())
      .map(([key, value]) =>
        JSON.stringify({ ...smallRun, [key]: value === 1 || value === 0.5 || value === 0.25 ? 'one' : value }).replace(
          '"seed":7',
          '"seed":-7',
        ),
      ),
    fc.constantFrom(
      '['.repeat(200_000),
      `{"data":"${'x'.repeat(2 ** 21)}"}`,
      '{"data":{"kind":"images","labels":[' + '0,'.repeat(50_000) + '0]}}',
      '\0',
      '',
    ),
  ),
});

it('answers hundreds of malformed requests with 4xx while a run trains, which ends as if it had been alone', async () => {
  const server = await start();
  try {
    const body = { ...smallRun, epochs: 20 };
    const runId = await postRun(server.url, body);
    const stream = fetch(`${server.url}/runs/${runId}`, { headers: authorized }).then((answer) => answer.text());
    const statuses = new Map<number, number>();
    let ended = false;
    stream.then(
      () => (ended = true),
      () => (ended = true),
    );
    const requests = fc.sample(malformed, { numRuns: 400, seed: 11 });
    for (let n = 0; n < requests.length || !ended; n++) {
      const { method, path, headers, body: content } = requests[n % requests.length]!;
      const { status, text } = await send(server.url, path, method, headers, content);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(status, `${method} ${path.slice(0, 80)} ${content.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
      expect(status, `${method} ${path.slice(0, 80)} ${content.slice(0, 200)}`).toBeLessThan(500);
      expect(leaks(text), text.slice(0, 300)).toBe(false);
    }
    // The parser of requests, the token, the path, the type, the size and the fields each turned some away.
    expect([...statuses.keys()].sort()).toEqual([400, 401, 404, 413, 415]);
    expect(eventsIn(await stream).at(-1)).toMatchObject({ event: 'end', data: { status: 'finished', epoch: 21 } });
    const { state } = await loadRun({ store: fileSystemStore(folder), runId });
    const alone = await train(trainingOf(parseRunRequest(body), await wasm()));
    expect(bitsOf(state!)).toEqual(bitsOf(alone.state));
    expect(reported).toEqual([]);
  } finally {
    await server.close();
  }
}, 180_000);

it('outlives what is no HTTP, half a request and clients that hang up', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  const talk = (text: string, hangUp = false): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      socket.on('data', (bytes) => (answer += String(bytes)));
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer));
      socket.write(text);
      if (hangUp) socket.destroy();
      else socket.end();
    });
  try {
    const runId = await postRun(server.url, { ...smallRun, epochs: 6 });
    const head = `POST /runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    expect(await talk('\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(await talk(`GET /runs HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect(await talk(`${head}content-length: 10\r\ncontent-length: 20\r\n\r\n{}`)).toMatch(/^HTTP\/1.1 400/);
    expect(await talk(`${head}content-length: 999999999999\r\n\r\n{}`)).toMatch(/^HTTP\/1.1 4(00|13)/);
    for (let i = 0; i < 20; i++) {
      await talk(`${head}content-length: 100\r\n\r\n{"data":`, true);
      await talk(`GET /runs/${runId} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`, true);
    }
    // A body without a length that never says that it is too long.
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(2 ** 16).fill(32)),
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: asJson, body: endless, duplex: 'half' };
    const refused = await fetch(`${server.url}/runs`, init).then(
      ({ status }) => status,
      () => 'hung up',
    );
    expect([413, 'hung up']).toContain(refused);
    const events = eventsIn(await (await fetch(`${server.url}/runs/${runId}`, { headers: authorized })).text());
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'finished' } });
  } finally {
    await server.close();
  }
}, 180_000);

it('goes on with its runs when it is started again', async () => {
  const first = await start(100);
  const runId = await postRun(first.url, { ...smallRun, epochs: 50 });
  const stored = () => loadRun({ store: fileSystemStore(folder), runId }).then(({ cursor }) => cursor);
  while ((await stored()).generation === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await first.close();
  expect((await stored()).status).toBe('running');
  const second = await start();
  try {
    const events = eventsIn(await (await fetch(`${second.url}/runs/${runId}`, { headers: authorized })).text());
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'finished', epoch: 51 } });
  } finally {
    await second.close();
  }
}, 180_000);
