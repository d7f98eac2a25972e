import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'citty';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { checkArguments } from '../src/argument/check-arguments.ts';
import { commandOf } from '../src/command/experiment.ts';
import { command as worker } from '../src/command/worker.ts';
import { readExperiment } from '../src/experiment/read-experiment.ts';
import type { ExperimentName } from '../src/experiment/settings.ts';
import { readShard } from '../src/experiment/shard.ts';
import { readQueueAddress } from '../src/queue/address.ts';

/** What of a manifest the tests look at. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown> & { readonly template?: { readonly spec: Pod } };
}
interface Pod {
  readonly restartPolicy?: string;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}
interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

const folder = fileURLToPath(new URL('../../../examples/kubernetes', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const documentsOf = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8'), { strict: true, uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
const all = files.flatMap((file) => documentsOf(file).map((manifest) => ({ file, manifest })));
const find = (kind: string, name: string): Manifest =>
  all.find(({ manifest }) => manifest.kind === kind && manifest.metadata.name === name)!.manifest;

/** What Kubernetes makes of `$(NAME)`. */
const expand = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\((\w+)\)/g, (reference, name: string) => variables[name] ?? reference);

/** The variables of a container, as Kubernetes sets them. */
function environmentOf({ env = [] }: Container, given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const variables: Record<string, string> = { ...given };
  for (const { name, value, valueFrom } of env)
    variables[name] = valueFrom ? 'secretpassword' : expand(value!, variables);
  return variables;
}

/** Reads the arguments of a container as the command line does. */
function read(container: Container, given: Readonly<Record<string, string>> = {}) {
  const environment = environmentOf(container, given);
  const [name, ...rest] = container.args.map((text) => expand(text, environment));
  expect(rest.join(' ')).not.toContain('$(');
  const experiment = name === 'experiment' ? (rest.shift() as ExperimentName) : null;
  const command = experiment ? commandOf(experiment) : worker;
  checkArguments(name!, rest, command.args);
  const args = parseArgs(rest, command.args) as Record<string, unknown>;
  return { name, experiment, args, settings: experiment && readExperiment(experiment, args, '/'), environment };
}

const models = { Deployment, Job, PersistentVolumeClaim, Service, StatefulSet } as const;

describe('the manifests of examples/kubernetes', () => {
  test('are there', () =>
    expect(files.sort()).toEqual(['collect-job.yaml', 'indexed-job.yaml', 'queue.yaml', 'queued-experiment.yaml']));

  test.each(all.map(({ file, manifest }) => [file, manifest.kind, manifest] as const))(
    "%s: %s fits Kubernetes' schema",
    (_, kind, manifest) => {
      const Model = models[kind as keyof typeof models] as new (data: never) => { validate(): void };
      expect(() => new Model(manifest as never).validate()).not.toThrow();
      // The schema looks at what it is shown.
      expect(() => new Model({ ...manifest, spec: 7 } as never).validate()).toThrow(/spec/);
    },
  );

  test.each(all.flatMap(({ file, manifest }) => (manifest.spec.template ? [[file, manifest] as const] : [])))(
    '%s: what a pod mounts is there',
    (_, { spec: { template, volumeClaimTemplates } }) => {
      const { containers, initContainers = [], volumes = [] } = template!.spec;
      const own = ((volumeClaimTemplates ?? []) as Manifest[]).map(({ metadata }) => metadata.name);
      for (const { volumeMounts = [] } of [...initContainers, ...containers])
        for (const { name } of volumeMounts) expect([...own, ...volumes.map((volume) => volume.name)]).toContain(name);
      for (const { persistentVolumeClaim } of volumes)
        expect(find('PersistentVolumeClaim', persistentVolumeClaim!.claimName)).toBeDefined();
    },
  );

  test('every part of the indexed Job does another part, in a folder of its own', () => {
    const { completionMode, completions, parallelism, template } = find('Job', 'selfcure-noise').spec;
    expect(completionMode).toBe('Indexed');
    expect(parallelism).toBe(completions);
    const [container] = template!.spec.containers;
    const parts = Array.from({ length: completions as number }, (_, index) => {
      const { experiment, args, environment } = read(container!, { JOB_COMPLETION_INDEX: String(index) });
      expect(experiment).toBe('noise');
      expect(readShard(args['shard'], environment)).toEqual({ index, count: completions });
      return String(args['out']);
    });
    expect(parts).toEqual(['/results/part-0', '/results/part-1', '/results/part-2', '/results/part-3']);
    expect(container!.volumeMounts![0]!.mountPath).toBe('/results');
  });

  test('what collects the parts asks for the same runs', () => {
    const part = read(find('Job', 'selfcure-noise').spec.template!.spec.containers[0]!, { JOB_COMPLETION_INDEX: '0' });
    const whole = read(find('Job', 'selfcure-noise-collect').spec.template!.spec.containers[0]!);
    expect(whole.settings).toEqual(part.settings);
    expect(whole.args['shard']).toBeUndefined();
    expect(whole.args['out']).toBe('/results/all');
  });

  test('worker and experiment meet in one queue', () => {
    const taking = read(find('Deployment', 'selfcure-worker').spec.template!.spec.containers[0]!);
    const asking = read(find('Job', 'selfcure-ablation').spec.template!.spec.containers[0]!);
    expect([taking.name, asking.experiment]).toEqual(['worker', 'ablation']);
    const address = readQueueAddress(taking.args['queue'], taking.environment);
    expect(address).toEqual({ url: 'redis://:secretpassword@selfcure-redis:6379/', prefix: 'experiments' });
    expect(readQueueAddress(asking.args['queue'], asking.environment)).toEqual(address);
    expect(taking.args['backend']).toBe(asking.args['backend']);
    const { ports, selector } = find('Service', 'selfcure-redis').spec as unknown as {
      ports: { port: number }[];
      selector: unknown;
    };
    expect(ports).toEqual([{ port: 6379 }]);
    const redis = find('StatefulSet', 'selfcure-redis').spec as unknown as {
      template: { metadata: { labels: unknown }; spec: Pod };
    };
    expect(redis.template.metadata.labels).toEqual(selector);
    expect(redis.template.spec.containers[0]!.args.join(' ')).toContain('--appendonly yes');
  });
});
