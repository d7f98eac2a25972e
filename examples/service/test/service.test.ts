import { describe, expect, it } from 'vitest';
import { train } from '@selfcure/core';
import { loadRun } from '@selfcure/slices';
import { wasm } from '@selfcure/wasm';
import { bitsOf } from '../../../packages/slices/test/training.ts';
import { parseRunRequest, trainingOf } from '../run-request.ts';
import { createRuns } from '../runs.ts';
import { createService } from '../service.ts';
import { asJson, authorized, eventsIn, memoryPlatform, smallRun, token } from './session.ts';

/** A service in memory, and what delivers its messages. */
function open(most?: number) {
  const platform = memoryPlatform();
  const runs = createRuns(platform, most);
  const app = createService({ runs, token, report: platform.report, interval: 20 });
  const deliver = async (slice = 300): Promise<void> => {
    for (let message; (message = platform.messages.shift());) await runs.advance(message, Date.now() + slice);
  };
  const post = (body: unknown, headers: Record<string, string> = asJson) =>
    app.request('/runs', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const start = async (body: unknown): Promise<string> => {
    const answer = await post(body);
    expect(answer.status).toBe(202);
    const { runId } = (await answer.json()) as { runId: string };
    expect(answer.headers.get('location')).toBe(`/runs/${runId}`);
    return runId;
  };
  const get = async (path: string): Promise<Response> => app.request(path, { headers: authorized });
  return { ...platform, app, runs, deliver, post, start, get };
}

describe('a run', { timeout: 180_000 }, () => {
  it('is started, streamed while it trains, and ends as one uninterrupted training does', async () => {
    const { start, deliver, get, store, reported } = open();
    const runId = await start(smallRun);
    const [stream] = await Promise.all([get(`/runs/${runId}`).then((answer) => answer.text()), deliver(150)]);
    const events = eventsIn(stream);
    expect(events.length).toBeGreaterThan(1);
    expect(events[0]).toMatchObject({ event: 'progress', id: '0', data: { status: 'running', epoch: 1, epochs: 12 } });
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'finished', epoch: 13, log: { epoch: 12 } } });

    const whole = await train(trainingOf(parseRunRequest(smallRun), await wasm()));
    const { state } = await loadRun({ store, runId });
    expect(bitsOf(state!)).toEqual(bitsOf(whole.state));

    const { changes } = (await (await get(`/runs/${runId}/changes`)).json()) as { changes: unknown[] };
    expect(changes).toEqual(JSON.parse(JSON.stringify(whole.ledger.changes())));
    expect(changes.length).toBeGreaterThan(0);
    const report = await get(`/runs/${runId}/report`);
    expect(report.headers.get('content-type')).toMatch(/^text\/html/);
    expect(report.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    const page = await report.text();
    expect(page).toContain(`Run ${runId}`);
    expect(page).toContain('96 training images, 7 classes');
    expect(reported).toEqual([]);
  });

  it('is cancelled while it trains, and trains no further', async () => {
    const { app, start, deliver, get, runs, messages } = open();
    const runId = await start({ ...smallRun, data: { ...smallRun.data, samples: 640 }, epochs: 50 });
    const training = deliver(60_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await app.request(`/runs/${runId}`, { method: 'DELETE', headers: authorized });
    expect(answer.status).toBe(204);
    await training;
    const [end] = eventsIn(await (await get(`/runs/${runId}`)).text());
    expect(end).toMatchObject({ event: 'end', data: { status: 'cancelled' } });
    expect(end!.data.epoch).toBeLessThan(51);
    expect(messages).toEqual([]);
    await runs.advance({ runId }, Date.now() + 1000);
    expect((await runs.progress(runId, parseRunRequest(smallRun))).step).toBe(end!.data.step);
    expect(await runs.active()).toEqual([]);
  });

  it('trains on an upload', async () => {
    const { start, deliver, get } = open();
    const pixels = Uint8Array.from({ length: 40 * 256 }, (_, i) => ((i >> 8) % 2 ? i % 256 : 255 - (i % 256)));
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    const data = {
      kind: 'images',
      size: 16,
      classes: ['up', 'down'],
      labels,
      pixels: Buffer.from(pixels).toString('base64'),
    };
    const runId = await start({ data, recipe: 'ce', epochs: 3, width: 0.125 });
    await deliver(30_000);
    const [end] = eventsIn(await (await get(`/runs/${runId}`)).text());
    expect(end).toMatchObject({ event: 'end', data: { status: 'finished' } });
    expect(await (await get(`/runs/${runId}/report`)).text()).toContain('upload: 40 training images, 2 classes');
  });

  it('has neither a report nor changes before its first slice', async () => {
    const { start, get } = open();
    const runId = await start(smallRun);
    expect((await get(`/runs/${runId}/report`)).status).toBe(409);
    expect(await (await get(`/runs/${runId}/changes`)).json()).toEqual({ changes: [] });
  });

  it('is refused where too many are under way', async () => {
    const { start, post } = open(2);
    await start(smallRun);
    await start(smallRun);
    const answer = await post(smallRun);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  it('that fails says so and keeps the reason from clients', async () => {
    const { start, deliver, get, reported, store } = open();
    const runId = await start(smallRun);
    const broken = { ...parseRunRequest(smallRun), epochs: 0 };
    await store.set(`${runId}/request`, new TextEncoder().encode(JSON.stringify(broken)));
    await deliver();
    const [end] = eventsIn(await (await get(`/runs/${runId}`)).text());
    expect(end).toMatchObject({ event: 'end', data: { status: 'failed' } });
    expect(JSON.stringify(end)).not.toMatch(/whole number|Error/);
    expect(String(reported[0])).toMatch(/epochs 0 is not a whole number/);
  });
});

describe('a request', () => {
  const { post, app, get, messages } = open();
  const faces = smallRun.data;

  it.each<[field: string, body: unknown]>([
    ['body', '{'],
    ['body', '"text"'],
    ['body', 'null'],
    ['data', {}],
    ['data.kind', { data: { kind: 'files', folder: '/etc' } }],
    ['data.samples', { data: { ...faces, samples: 1e9 } }],
    ['data.samples', { data: { ...faces, samples: '96' } }],
    ['data.size', { data: { ...faces, size: 4096 } }],
    ['data.noise', { data: { ...faces, noise: -0.1 } }],
    ['data.folder', { data: { ...faces, folder: '/etc/passwd' } }],
    ['recipe', { data: faces, recipe: 'constructor' }],
    ['epochs', { data: faces, epochs: 0.5 }],
    ['epochs', { data: faces, epochs: 1e6 }],
    ['seed', { data: faces, seed: -1 }],
    ['model', { data: faces, model: 'resnet18' }],
    [
      'data.labels.31',
      { data: { kind: 'images', size: 16, classes: ['a', 'b'], labels: [...Array(31).fill(0), 2], pixels: '' } },
    ],
    [
      'data.pixels',
      { data: { kind: 'images', size: 16, classes: ['a', 'b'], labels: Array(32).fill(0), pixels: 'AAAA' } },
    ],
    [
      'data.pixels',
      { data: { kind: 'images', size: 16, classes: ['a', 'b'], labels: Array(32).fill(0), pixels: '<>' } },
    ],
    [
      'data.classes.0',
      { data: { kind: 'images', size: 16, classes: ['<b>', 'b'], labels: Array(32).fill(0), pixels: '' } },
    ],
  ])('whose %s is wrong is refused by name', async (field, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { field, message: expect.any(String) } });
    expect(messages).toEqual([]);
  });

  it('of more than 2 MiB is refused unread', async () => {
    const answer = await post(`{"x":"${'a'.repeat(2 ** 21)}"}`);
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { field: 'body' } });
  });

  it('of another type is refused', async () => {
    const answer = await post('epochs=3', { ...authorized, 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(415);
  });

  it.each([
    ['none', {}, 401],
    ['another token', { authorization: 'Bearer another-token-of-20' }, 401],
    ['a longer one', { authorization: `Bearer ${token}x` }, 401],
    ['a beginning', { authorization: `Bearer ${token.slice(0, -1)}` }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 400],
  ])('with %s is turned away before anything else', async (_, headers, status) => {
    for (const path of ['/runs/00000000-0000-0000-0000-000000000000', '/', '/runs/x/report']) {
      const answer = await app.request(path, { headers });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect(
      (await post(smallRun, { ...headers, 'content-type': 'application/json' } as Record<string, string>)).status,
    ).toBe(status);
    expect(messages).toEqual([]);
  });

  it.each([
    '/',
    '/runs',
    '/runs/..%2f..%2fetc%2fpasswd',
    '/runs/head',
    '/runs/%00',
    `/runs/${crypto.randomUUID()}/report`,
  ])('for %s finds nothing', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  it('needs a service with a token', () => {
    expect(() => createService({ runs: open().runs, token: '', report: () => {} })).toThrow(/token/);
  });
});
