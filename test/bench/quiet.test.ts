import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { foreignShare, parseCpuTime, parseParent, parseProcessTime, processTree } = await import(
  new URL('../../bench/quiet.mjs', import.meta.url).href
);

describe('CPU time from /proc', () => {
  it('adds up what is busy and what there is: columns user nice system idle iowait irq softirq steal guest guest_nice', () => {
    const stat = 'cpu  100 20 30 1000 50 1 2 7 90 5\ncpu0 50 10 15 500 25 1 1 3 45 2\nintr 12345\n';
    // Guest time is part of user time.
    expect(parseCpuTime(stat)).toEqual({ busy: 160, total: 1210 });
  });

  it('reads user and system time of a process and of its ended children, whatever its name', () => {
    const stat = '4242 (node (x) 1 2) S 1 4242 4242 0 -1 4194560 9999 8888 7 6 310 25 40 5 20 0 11 0 777 1000000';
    expect(parseProcessTime(stat)).toBe(310 + 25 + 40 + 5);
  });
});

describe('own processes', () => {
  it('are found by their parents, whatever their names', () => {
    expect(parseParent('4242 (node (x) 1 2) S 17 4242 4242 0 -1 4194560')).toBe(17);
  });

  it('are everything below one', () => {
    const processes = [
      { pid: 1, parent: 0 },
      { pid: 10, parent: 1 },
      { pid: 11, parent: 10 },
      { pid: 12, parent: 11 },
      { pid: 13, parent: 10 },
      { pid: 20, parent: 1 },
    ];
    expect(processTree(10, processes).toSorted()).toEqual([10, 11, 12, 13]);
  });
});

describe('foreignShare', () => {
  it('is what others took of the time that there was', () => {
    const before = { busy: 1000, own: 400, total: 5000 };
    expect(foreignShare(before, { busy: 1150, own: 500, total: 5200 })).toBe(0.25);
  });

  it('stays within [0, 1] where the clocks of both tick apart', () => {
    const before = { busy: 1000, own: 400, total: 5000 };
    expect(foreignShare(before, { busy: 1099, own: 500, total: 5200 })).toBe(0);
    expect(foreignShare(before, { busy: 1000, own: 400, total: 5000 })).toBe(0);
  });
});
