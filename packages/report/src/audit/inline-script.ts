import { OptionError } from '@selfcure/core';
import { base64 } from '../png.ts';

/** Web Cryptography as far as it is used; every runtime of today has it, a page only where it is served securely. */
interface Digests {
  readonly crypto?: { readonly subtle?: { digest(algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer> } };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
}

/**
 * A script with the hash by which a content security policy lets it run, and no other.
 *
 * @throws OptionError where the runtime has no Web Cryptography.
 */
export async function inlineScript(text: string): Promise<{ readonly text: string; readonly hash: string }> {
  const { crypto, TextEncoder } = globalThis as unknown as Digests;
  if (!crypto?.subtle)
    throw new OptionError(
      'this runtime has no crypto.subtle, which hashes the script of the page. Serve the page that calls this by https',
    );
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return { text, hash: `sha256-${base64(new Uint8Array(digest))}` };
}

/** JSON inside an element that no browser runs; nothing in it can end the element. */
export function inlineJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
