import type { CommandGroup } from './command.ts';

/** Every command of selfcure. */
export const commands: CommandGroup = {
  description: 'Train image classifiers on noisy labels',
  commands: {
    train: {
      description: 'Train a classifier on noisy labels and cure the labels while it trains',
      load: async () => (await import('./train.ts')).command,
    },
    evaluate: {
      description: 'Test the model of a run',
      load: async () => (await import('./evaluate.ts')).command,
    },
    relabels: {
      description: 'Look at the label changes of a run, take them back, export them',
      commands: {
        list: {
          description: 'List label changes with their evidence',
          load: async () => (await import('./relabels-list.ts')).command,
        },
        undo: {
          description: 'Take label changes back',
          load: async () => (await import('./relabels-undo.ts')).command,
        },
        export: {
          description: 'Write the log of changes, or the cured labels',
          load: async () => (await import('./relabels-export.ts')).command,
        },
      },
    },
    doctor: {
      description: 'Check this machine and the installed engines',
      load: async () => (await import('./doctor.ts')).command,
    },
  },
};
