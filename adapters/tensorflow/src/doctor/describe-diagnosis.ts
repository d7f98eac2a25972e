import { describeGpu } from '../native/gpu-facts.ts';
import type { Diagnosis } from './doctor.ts';

/** A diagnosis as text for people, without a newline at its end. */
export function describeDiagnosis(diagnosis: Diagnosis): string {
  const { platform, node, gpu, cache, steps, test, tools, problem } = diagnosis;
  const libc = platform.glibc === null ? 'no glibc' : `glibc ${platform.glibc}`;
  const width = Math.max(...steps.map(({ what }) => what.length));
  const lines = [
    `system    ${platform.os} ${platform.arch}, ${libc}, Node ${node}`,
    `GPU       ${describeGpu(gpu)}`,
    `cache     ${cache.folder} (${(cache.bytes / 1e6).toFixed(0)} MB)`,
    '',
    'search, in order',
    ...steps.map(
      ({ what, where, found, why }) =>
        `  ${found ? '*' : '-'} ${what.padEnd(width)}  ${why}${where === null ? '' : `\n    ${' '.repeat(width)}  ${where}`}`,
    ),
    '',
    'binding, in a process of its own',
  ];
  if (test === null) lines.push('  there is none');
  else if (!test.passed) lines.push('  does not work as asked, see below');
  else {
    const devices = test.devices.map(({ name, memory }) => {
      const short = name.replace(/^.*device:/, '');
      return short.startsWith('GPU') ? `${short} (${(memory / 1e9).toFixed(1)} GB)` : short;
    });
    lines.push(
      `  TensorFlow ${test.version}: matrix product and gradient of a convolution are right`,
      `  computes on ${test.gpu ? 'the GPU' : 'the CPU'}${devices.length === 0 ? '' : `; devices: ${devices.join(', ')}`}`,
      `  training over several processes: ${test.collectives ? 'yes' : 'no, the stock binding has no collectives (selfcure-tensorflow install)'}`,
    );
  }
  if (test !== null && test.log !== '') lines.push('  TensorFlow says:', ...indent(test.log, 4));
  lines.push('', 'for selfcure-tensorflow install');
  if (tools.pythons.length === 0) lines.push('  no Python: install needs --offline DIR or --tf DIR');
  for (const { command, version, pip, tensorflow } of tools.pythons)
    lines.push(
      `  ${command} ${version}: ${pip === null ? 'no pip' : `pip ${pip}`}, ${tensorflow === null ? 'no tensorflow' : `tensorflow in ${tensorflow}`}`,
    );
  lines.push(`  ${tools.compiler === null ? 'no C++ compiler' : tools.compiler.version}`);
  lines.push('');
  if (problem === null) lines.push('TensorFlow is ready.');
  else {
    // Messages of errors end with their remedy.
    const message = problem.message.replace(problem.remedy, '').trim();
    lines.push(
      test === null ? 'Problem: no TensorFlow that fits' : `Problem: ${message}`,
      `Remedy:  ${problem.remedy}`,
    );
  }
  return lines.join('\n');
}

const indent = (text: string, by = 2): string[] => text.split('\n').map((line) => ' '.repeat(by) + line);
