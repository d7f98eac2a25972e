import type { FileKind } from '../protocol.ts';
import { make } from './element.ts';

const types: Readonly<Record<FileKind, string>> = {
  'labels.csv': 'text/csv',
  'changes.csv': 'text/csv',
  'changes.jsonl': 'application/x-ndjson',
  'model.safetensors': 'application/octet-stream',
};

/** Connects the buttons that ask for files. */
export function connectDownloads(ask: (file: FileKind) => void): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-file]'))
    button.addEventListener('click', () => ask(button.dataset['file'] as FileKind));
}

/** Hands a file to the user. */
export function download(file: FileKind, bytes: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: types[file] }));
  make('a', { href: address, download: file }).click();
  // The browser has taken the file by then, or never does.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
