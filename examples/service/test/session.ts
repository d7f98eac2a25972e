/** What the tests of the service share. */
import { memoryStore } from '@selfcure/slices';
import { wasm } from '@selfcure/wasm';
import type { Message, Platform } from '../platform.ts';
import type { Progress } from '../runs.ts';

export const token = 'a token of the tests'.replaceAll(' ', '-');
export const authorized = { authorization: `Bearer ${token}` };
export const asJson = { ...authorized, 'content-type': 'application/json' };

/** A run of 36 steps that changes labels. */
export const smallRun = {
  data: { kind: 'faces', samples: 96, size: 16, noise: 0.3, seed: 4 },
  recipe: 'cure',
  epochs: 12,
  width: 0.125,
  seed: 7,
} as const;

/** A platform in memory: messages wait until a test delivers them. */
export function memoryPlatform(): Platform & { readonly messages: Message[]; readonly reported: unknown[] } {
  const messages: Message[] = [];
  const reported: unknown[] = [];
  return {
    messages,
    reported,
    store: memoryStore(),
    openBackend: () => wasm(),
    report: (error) => void reported.push(error),
    send: async (message) => {
      messages.push(JSON.parse(JSON.stringify(message)) as Message);
    },
  };
}

/** Events of a stream that has ended. */
export function eventsIn(text: string): { event: string; id: string; data: Progress }[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('event:'))
    .map((block) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)![1]!;
      return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) as Progress };
    });
}
