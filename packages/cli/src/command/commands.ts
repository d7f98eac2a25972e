import { experimentDescriptions, experimentNames } from '../experiment/settings.ts';
import type { ExperimentName } from '../experiment/settings.ts';
import type { CommandGroup, LazyCommand } from './command.ts';

const experimentCommand = (name: ExperimentName): LazyCommand => ({
  description: experimentDescriptions[name],
  load: async () => (await import('./experiment.ts')).commandOf(name),
});

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
    audit: {
      description: 'Find labels that are probably wrong',
      load: async () => (await import('./audit.ts')).command,
    },
    review: {
      description: 'Choose images for a person to label, and collect the labels',
      load: async () => (await import('./review.ts')).command,
    },
    data: {
      description: 'Look at data sets, cut out faces, build weakly labelled sets',
      commands: {
        inspect: {
          description: 'Layout, counts, sizes, duplicates, contradicting labels, unreadable files, contact sheets',
          load: async () => (await import('./data-inspect.ts')).command,
        },
        faces: {
          description: 'Cut out and align the faces of a data set',
          load: async () => (await import('./data-faces.ts')).command,
        },
        weak: {
          description: 'Make a weakly labelled data set of folders named after keywords',
          load: async () => (await import('./data-weak.ts')).command,
        },
      },
    },
    experiment: {
      description: 'Measure recipes and settings: paired seeds, controls, intervals, a report',
      commands: Object.fromEntries(experimentNames.map((name) => [name, experimentCommand(name)])),
    },
    worker: {
      description: 'Take runs of experiments from a queue',
      load: async () => (await import('./worker.ts')).command,
    },
    relabels: {
      description: 'Look at the label changes of a run, take them back, export them, import decisions',
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
        import: {
          description: 'Take decisions of a review over into the labels of a run',
          load: async () => (await import('./relabels-import.ts')).command,
        },
      },
    },
    job: {
      description: "The process of one run, which 'selfcure experiment' starts",
      hidden: true,
      load: async () => (await import('./job.ts')).command,
    },
    doctor: {
      description: 'Check this machine and the installed engines',
      load: async () => (await import('./doctor.ts')).command,
    },
  },
};
