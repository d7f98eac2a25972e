import { decodePhotos } from '../data/decode-photos.ts';
import { addClass, droppedFiles, pickedFiles } from '../data/labelled-files.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import type { RecipeName, Setup } from '../protocol.ts';
import { find } from './element.ts';
import { counted } from './format.ts';

/** The form that says what to train on. */
export interface SetupForm {
  setEnabled(enabled: boolean): void;
}

/** Fewer than a batch of the smallest size, twice, is no training. */
const leastPhotos = 16;

/**
 * Connects the form.
 *
 * @param submit takes the setup of a new run.
 */
export function connectSetupForm(submit: (setup: Setup) => void): SetupForm {
  const form = find('#setup', HTMLFormElement);
  const fields = find('#setup-fields', HTMLFieldSetElement);
  const start = find('#start', HTMLButtonElement);
  const status = find('#photos-status', HTMLElement);
  const drop = find('#drop', HTMLElement);
  const folder = find('#folder', HTMLInputElement);
  const className = find('#class-name', HTMLInputElement);
  const classFiles = find('#class-files', HTMLInputElement);
  let picked: LabelledFiles | null = null;
  let enabled = false;
  let decoding = false;

  const value = (name: string): string => String(new FormData(form).get(name));
  const isPhotos = (): boolean => value('source') === 'photos';
  const show = (): void => {
    fields.disabled = !enabled || decoding;
    start.disabled = !enabled || decoding;
    // A disabled form has no data.
    const photos = form.querySelector<HTMLInputElement>('[name=source]:checked')?.value === 'photos';
    find('#faces-note', HTMLElement).hidden = photos;
    find('#photos-pane', HTMLElement).hidden = !photos;
    for (const element of form.querySelectorAll<HTMLElement>('.faces-only')) element.hidden = photos;
    for (const element of form.querySelectorAll<HTMLElement>('.photos-only')) element.hidden = !photos;
  };

  const pick = (files: LabelledFiles): void => {
    picked = files;
    status.textContent = describe(files);
  };

  form.addEventListener('change', show);
  folder.addEventListener('change', () => {
    if (folder.files?.length) pick(pickedFiles(folder.files));
  });
  classFiles.addEventListener('change', () => {
    const name = className.value.trim();
    if (name === '') {
      status.textContent = 'Name the class first, then choose its photos.';
      className.focus();
    } else if (classFiles.files?.length) pick(addClass(picked, name, classFiles.files));
    classFiles.value = '';
  });
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (!event.dataTransfer) return;
    droppedFiles(event.dataTransfer.items).then(pick, (error: unknown) => {
      status.textContent = `The drop could not be read: ${String(error)}`;
    });
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!form.reportValidity()) return;
    const shared = {
      recipe: value('recipe') as RecipeName,
      epochs: Number(value('epochs')),
      seed: Number(value('seed')),
    };
    if (!isPhotos()) {
      submit({
        ...shared,
        source: { kind: 'faces', samples: Number(value('samples')), noise: Number(value('noise')) / 100 },
      });
      return;
    }
    const problem = picked ? refusal(picked) : 'Choose or drop a folder with one folder for each class.';
    if (!picked || problem !== null) {
      status.textContent = problem;
      folder.focus();
      return;
    }
    const options = { size: Number(value('size')), augment: new FormData(form).has('augment') };
    decoding = true;
    show();
    decodePhotos(picked, {
      ...options,
      onProgress: (done, all) => {
        if (done % 25 === 0 || done === all) status.textContent = `Decoded ${done} of ${counted(all, 'photo')}.`;
      },
    })
      .then(({ photos, unreadable }) => {
        if (unreadable.length > 0)
          status.textContent = `${counted(unreadable.length, 'file')} could not be read and ${unreadable.length === 1 ? 'is' : 'are'} left out: ${unreadable.slice(0, 3).join(', ')}${unreadable.length > 3 ? ', …' : ''}.`;
        if (photos.labels.length < leastPhotos) {
          status.textContent = `Only ${counted(photos.labels.length, 'photo')} could be read; training needs at least ${leastPhotos}.`;
          return;
        }
        submit({ ...shared, source: photos });
      })
      .catch((error: unknown) => {
        status.textContent = `The photos could not be decoded: ${String(error)}`;
      })
      .finally(() => {
        decoding = false;
        show();
      });
  });

  show();
  return {
    setEnabled: (now) => {
      enabled = now;
      show();
    },
  };
}

function describe({ files, classes, unlabelled }: LabelledFiles): string {
  const counts = classes.map((name) => `${name} ${files.filter(({ className }) => className === name).length}`);
  const beside = unlabelled.length > 0 ? ` ${counted(unlabelled.length, 'image')} in no class folder left out.` : '';
  return `${counted(files.length, 'photo')} in ${counted(classes.length, 'class', 'classes')}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}.${beside}`;
}

/** Why such files cannot be trained on; null where they can. */
function refusal({ files, classes }: LabelledFiles): string | null {
  if (classes.length < 2)
    return `Training needs at least two folders with images, found ${classes.length}. Make a folder for each class.`;
  if (files.length < leastPhotos) return `Training needs at least ${leastPhotos} photos, found ${files.length}.`;
  return null;
}
