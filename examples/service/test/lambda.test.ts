/** The service as Lambda calls it: events of a function URL and of SQS, and a context with a deadline. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { train } from '@selfcure/core';
import { loadRun } from '@selfcure/slices';
import { wasm } from '@selfcure/wasm';
import type { LambdaEvent } from 'hono/aws-lambda';
import { bitsOf } from '../../../packages/slices/test/training.ts';
import { awsPlatform, createHandler } from '../lambda.ts';
import type { BatchResponse } from '../lambda.ts';
import { parseRunRequest, trainingOf } from '../run-request.ts';
import { asJson, authorized, eventsIn, memoryPlatform, smallRun, token } from './session.ts';

interface HttpResult {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const textOf = ({ body, isBase64Encoded }: HttpResult): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;

const context = (milliseconds: number) => {
  const deadline = Date.now() + milliseconds;
  return { getRemainingTimeInMillis: () => deadline - Date.now() };
};

/** An event of a function URL, payload format 2.0. */
const httpEvent = (method: string, path: string, body?: unknown): LambdaEvent =>
  ({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: body === undefined ? authorized : asJson,
    requestContext: {
      domainName: 'x.lambda-url.aws',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' },
    },
    isBase64Encoded: body !== undefined,
    ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
  }) as unknown as LambdaEvent;

it('trains a run over invocations with a time limit, and serves it', async () => {
  const platform = memoryPlatform();
  const handler = createHandler(platform, token, 200);
  const http = async (method: string, path: string, body?: unknown) =>
    (await handler(httpEvent(method, path, body), context(3000))) as HttpResult;

  const created = await http('POST', '/runs', smallRun);
  expect(created.statusCode).toBe(202);
  const { runId } = JSON.parse(textOf(created)) as { runId: string };

  let invocations = 0;
  for (let message; (message = platform.messages.shift()); invocations++) {
    // SQS delivers at least once: every message comes twice, and leads to one.
    for (const messageId of ['first', 'again']) {
      const event = { Records: [{ messageId, body: JSON.stringify(message) }] };
      const { batchItemFailures } = (await handler(event, context(300))) as BatchResponse;
      expect(batchItemFailures).toEqual([]);
    }
    expect(platform.messages.length).toBeLessThanOrEqual(1);
    const [event] = eventsIn(textOf(await http('GET', `/runs/${runId}`)));
    expect(event!.data.epochs).toBe(12);
  }
  expect(invocations).toBeGreaterThan(1);
  const [end] = eventsIn(textOf(await http('GET', `/runs/${runId}`)));
  expect(end).toMatchObject({ event: 'end', data: { status: 'finished' } });
  const { state } = await loadRun({ store: platform.store, runId });
  expect(bitsOf(state!)).toEqual(bitsOf((await train(trainingOf(parseRunRequest(smallRun), await wasm()))).state));

  const report = await http('GET', `/runs/${runId}/report`);
  expect(report.headers['content-type']).toMatch(/^text\/html/);
  expect((await http('POST', '/runs', { data: 1 })).statusCode).toBe(400);
  expect(platform.reported).toEqual([]);
}, 180_000);

it('gives messages that failed back to the queue, and goes on when they are delivered again', async () => {
  const platform = memoryPlatform();
  let failures = 0;
  const send: typeof platform.send = async (message, delay) => {
    if (message.cursor?.generation && failures++ === 0) throw new Error('no queue');
    await platform.send(message, delay);
  };
  const handler = createHandler({ ...platform, send }, token, 0);
  await handler(httpEvent('POST', '/runs', { ...smallRun, epochs: 50 }), context(3000));
  const body = JSON.stringify(platform.messages.shift());
  const deliver = () => handler({ Records: [{ messageId: 'one', body }] }, context(100));
  expect(await deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: 'one' }] });
  expect(platform.messages).toEqual([]);
  expect(String(platform.reported)).toMatch(/no queue/);
  expect(await deliver()).toEqual({ batchItemFailures: [] });
  expect(platform.messages).toMatchObject([{ cursor: { generation: 1 } }]);
  expect(await deliver()).toEqual({ batchItemFailures: [] });
  expect(platform.messages).toHaveLength(1);
});

it('sends messages to SQS, signed and with a delay in seconds', async () => {
  const requests: { target: unknown; authorization: string; body: unknown }[] = [];
  const sqs = createServer(async (request, response) => {
    const text = (await request.toArray()).join('');
    requests.push({
      target: request.headers['x-amz-target'],
      authorization: String(request.headers.authorization),
      body: JSON.parse(text),
    });
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(sqs, 'listening');
  const url = `http://127.0.0.1:${(sqs.address() as AddressInfo).port}/1/runs`;
  const credentials = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', AWS_REGION: 'eu-central-1' };
  const platform = awsPlatform({ ...credentials, BUCKET_URL: 'http://127.0.0.1:1/bucket', QUEUE_URL: url });
  await platform.send({ runId: 'a', cursor: { generation: 3 } }, 2300);
  sqs.close();
  expect(requests).toEqual([
    {
      target: 'AmazonSQS.SendMessage',
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-central-1\/sqs\/aws4_request/),
      body: { QueueUrl: url, MessageBody: '{"runId":"a","cursor":{"generation":3}}', DelaySeconds: 3 },
    },
  ]);
  expect(() => awsPlatform(credentials)).toThrow(/BUCKET_URL/);
});
