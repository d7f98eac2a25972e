/** A service that trains: `fetch(Request) -> Response`, the same on servers, in functions and on the edge. */
import { renderReport } from '@selfcure/report';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit as limitBody } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import type { SSEStreamingApi } from 'hono/streaming';
import { bodyLimit, dataOf, FieldError, parseRunRequest } from './run-request.ts';
import type { RunRequest } from './run-request.ts';
import type { Progress, Runs } from './runs.ts';

/** Options of {@link createService}. */
export interface ServiceOptions {
  readonly runs: Runs;
  /** Clients send `Authorization: Bearer <token>`. */
  readonly token: string;
  readonly report: (error: unknown) => void;
  /** Milliseconds that a stream of events lasts at most; clients come back by themselves. 0: one event. Default 5 minutes. */
  readonly streamFor?: number;
  /** Streams at once. Default 32. */
  readonly streams?: number;
  /** Milliseconds between two looks at a run. Default 1000. */
  readonly interval?: number;
}

const over: readonly Progress['status'][] = ['finished', 'stopped', 'non-finite', 'cancelled', 'failed'];
const shapeOfId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const refuse = (c: Context, status: 400 | 404 | 409 | 413 | 415 | 429, message: string, field?: string): Response =>
  c.json({ error: { message, ...(field !== undefined && { field }) } }, status);

/** The service. Its answers hold no paths and no stacks: what goes wrong inside is told to `report` alone. */
export function createService(options: ServiceOptions): Hono {
  const { runs, token, report, streamFor = 300_000, streams = 32, interval = 1000 } = options;
  if (token.length < 16) throw new Error(`the token has ${token.length} characters. Give it 16 at least`);
  const app = new Hono();
  let open = 0;

  app.onError((error, c) => {
    if (error instanceof FieldError) return refuse(c, 400, error.message, error.field);
    if (error instanceof HTTPException) return error.getResponse();
    report(error);
    return c.json({ error: { message: 'The service failed. Try again later' } }, 500);
  });
  app.notFound((c) => refuse(c, 404, 'There is nothing here'));
  app.use(secureHeaders());
  // Compares in constant time.
  app.use(bearerAuth({ token }));

  app.post(
    '/runs',
    limitBody({ maxSize: bodyLimit, onError: (c) => refuse(c, 413, `More than ${bodyLimit} bytes`, 'body') }),
    async (c) => {
      if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
        return refuse(c, 415, 'Send application/json', 'content-type');
      const text = await c.req.text();
      // Where a gateway hands over the body, its length is not what a header says.
      if (text.length > bodyLimit) return refuse(c, 413, `More than ${bodyLimit} bytes`, 'body');
      const runId = await runs.create(parseRunRequest(parseJson(text)));
      if (runId === null) {
        c.header('Retry-After', '60');
        return refuse(c, 429, 'Too many runs are under way');
      }
      return c.json({ runId }, 202, { Location: `/runs/${runId}` });
    },
  );

  /** A route of one run. */
  const ofRun =
    (answer: (c: Context, runId: string, request: RunRequest) => Promise<Response>) => async (c: Context) => {
      const runId = c.req.param('id') ?? '';
      const request = shapeOfId.test(runId) ? await runs.find(runId) : null;
      return request ? answer(c, runId, request) : refuse(c, 404, 'There is no such run', 'id');
    };

  app.get(
    '/runs/:id',
    ofRun(async (c, runId, request) => {
      if (open >= streams) {
        c.header('Retry-After', '10');
        return refuse(c, 429, 'Too many streams are open');
      }
      open++;
      return streamSSE(
        c,
        (stream) => streamProgress(stream, runId, request).finally(() => open--),
        async (e) => report(e),
      );
    }),
  );

  const streamProgress = async (stream: SSEStreamingApi, runId: string, request: RunRequest): Promise<void> => {
    const begin = Date.now();
    let sent = '';
    for (let quiet = 0; !stream.aborted;) {
      const progress = await runs.progress(runId, request);
      const data = JSON.stringify(progress);
      const done = over.includes(progress.status);
      const event = { event: done ? 'end' : 'progress', id: String(progress.generation), data, retry: 2000 };
      if (data !== sent) await stream.writeSSE(event);
      else if (++quiet % 15 === 0) await stream.write(': still here\n\n');
      sent = data;
      if (done || Date.now() - begin >= streamFor) return;
      await stream.sleep(interval);
    }
  };

  app.get(
    '/runs/:id/changes',
    ofRun(async (c, runId) => c.json({ changes: await runs.changes(runId) })),
  );

  app.get(
    '/runs/:id/report',
    ofRun(async (c, runId, request) => {
      const run = await runs.result(runId, request);
      if (!run) return refuse(c, 409, 'Nothing of the run is stored yet. Try again later');
      const manifest = { ...request, data: request.data.kind === 'faces' ? request.data : { kind: 'images' } };
      const page = await renderReport({ title: `Run ${runId}`, data: dataOf(request), run, manifest });
      c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
      return c.html(page);
    }),
  );

  app.delete(
    '/runs/:id',
    ofRun(async (c, runId) => {
      await runs.cancel(runId);
      return c.body(null, 204);
    }),
  );
  return app;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FieldError('body', 'This is no JSON');
  }
}
