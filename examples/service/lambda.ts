/**
 * The service on AWS Lambda: one function behind a function URL or an API Gateway, and behind an SQS queue that delivers slices. Runs are
 * in an S3 bucket. The queue's visibility timeout has to be longer than the time limit of the function.
 */
import { s3Store } from '@selfcure/slices';
import { wasm } from '@selfcure/wasm';
import { AwsClient } from 'aws4fetch';
import { handle } from 'hono/aws-lambda';
import type { LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import type { Message, Platform } from './platform.ts';
import { createRuns } from './runs.ts';
import { createService } from './service.ts';

/** A batch of messages; what is used of SQS's event. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** What is used of the context of an invocation. */
export type DeadlineContext = Pick<LambdaContext, 'getRemainingTimeInMillis'>;

/** Messages that SQS is to deliver again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The function on a platform; see {@link handler} for that of AWS. `reserve`: milliseconds kept back at the end of an invocation. */
export function createHandler(platform: Platform, token: string, reserve = 1000) {
  const runs = createRuns(platform);
  // A response is handed over whole: every request for events is answered by one of them.
  const http = handle(createService({ runs, token, report: platform.report, streamFor: 0 }));
  return async (event: LambdaEvent | QueueEvent, context: DeadlineContext): Promise<unknown> => {
    if (!('Records' in event)) return http(event, context as LambdaContext);
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const [done, { messageId, body }] of event.Records.entries()) {
      // The messages of a batch share what is left.
      const left = (context.getRemainingTimeInMillis() - reserve) / (event.Records.length - done);
      const failed = await runs.advance(JSON.parse(body) as Message, Date.now() + left).then(
        () => false,
        () => true,
      );
      if (failed) batchItemFailures.push({ itemIdentifier: messageId });
    }
    return { batchItemFailures } satisfies BatchResponse;
  };
}

/** A platform of S3 and SQS; the credentials are those that Lambda gives the function. */
export function awsPlatform(env: Readonly<Record<string, string | undefined>>): Platform {
  const { BUCKET_URL: bucket, QUEUE_URL: queue, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!bucket || !queue || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('BUCKET_URL, QUEUE_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be set');
  const region = env['AWS_REGION'] ?? 'us-east-1';
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    region,
  };
  const s3 = new AwsClient({ ...credentials, service: 's3' });
  const sqs = new AwsClient({ ...credentials, service: 'sqs' });
  return {
    store: s3Store({ bucket, fetch: (url, init) => s3.fetch(url, init) }),
    openBackend: () => wasm(),
    report: (error) => console.error(error),
    send: async (message, delay) => {
      const { status } = await sqs.fetch(queue, {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' },
        body: JSON.stringify({
          QueueUrl: queue,
          MessageBody: JSON.stringify(message),
          DelaySeconds: Math.min(900, Math.ceil(delay / 1000)),
        }),
      });
      if (status !== 200) throw new Error(`SQS answers ${status}`);
    },
  };
}

let made: ReturnType<typeof createHandler> | null = null;

/** What Lambda calls. Made at the first call and kept with the process. */
export async function handler(event: LambdaEvent | QueueEvent, context: DeadlineContext): Promise<unknown> {
  made ??= createHandler(awsPlatform(process.env), process.env['SELFCURE_TOKEN'] ?? '');
  return made(event, context);
}
