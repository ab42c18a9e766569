import { describe, expect, it } from 'vitest';
import type {
  PortabilityOpsPayload,
  PortabilityTargetPayload,
  ScanFindingPayload,
  ScanPayload,
} from '../src/api/types';
import { explainScanMark, isGrave } from '../src/model/marks';
import {
  describeEffort,
  describeIntegrity,
  describeScan,
  describeTargets,
  describeWriter,
  groupFindings,
  judge,
  judgeTarget,
  rankOps,
  toggleTarget,
  writeSentence,
} from '../src/model/trust';

const NOTHING: ScanPayload = {
  verdict: 'clean',
  worst: null,
  integrity: null,
  findings: [],
  counts: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
  left_out: 0,
  nodes: 1200,
  ops: 3,
  functions: 2,
  documents: 0,
  files: 1,
  gaps: [],
  problem: null,
  command: 'modelinspect scan /logs/a',
};

function finding(severity: string, more: Partial<ScanFindingPayload> = {}): ScanFindingPayload {
  const where = {
    file: 'a/saved_model.pb',
    graph: 'run',
    node: 'w',
    scope: '',
    number: 1,
    inside: '',
  };
  return {
    rule: 'file-write',
    title: 'Writes a file',
    severity,
    what: 'WriteFile',
    where,
    reached_from: [{ kind: 'signature', name: 'serving_default' }],
    argument: '/tmp/a',
    evidence: 'writes files by name',
    advice: 'Ask.',
    listing: [],
    count: 1,
    ...more,
  };
}

const ALL: ReadonlySet<string> = new Set();

describe('findings in groups', () => {
  const two = [finding('critical'), finding('critical', { argument: '/srv/b', evidence: 'other' })];

  it('are of one rule and severity, and say once what is the same', () => {
    const groups = groupFindings([...two, finding('high')], ALL, '');
    expect(groups.map(({ severity, findings }) => [severity, findings.length])).toEqual([
      ['critical', 2],
      ['high', 1],
    ]);
    expect(groups[0]).toMatchObject({ advice: 'Ask.', evidence: '', title: 'Writes a file' });
  });

  it('are found by argument, op, place and who reaches them', () => {
    for (const [search, count] of [
      ['srv/b', 1],
      ['writefile', 2],
      ['serving_def', 2],
      ['/tmp|srv/', 2],
    ] as const) {
      const found = groupFindings(two, ALL, search).flatMap(({ findings }) => findings);
      expect(found.length, search).toBe(count);
    }
    expect(groupFindings(two, ALL, '/[/')).toEqual([]);
  });

  it('have their evidence as a sentence', () => {
    expect(writeSentence('writes files by name')).toBe('Writes files by name.');
    expect(writeSentence('run/a.pb: it ends. Copy it.')).toBe('run/a.pb: it ends. Copy it.');
    expect(writeSentence('TFSMLayer has filepath')).toBe('TFSMLayer has filepath.');
  });

  it('pass by severity', () => {
    expect(groupFindings(two, new Set(['high']), '')).toEqual([]);
  });
});

describe('a scan in a sentence', () => {
  it('says how many of the two worst, and who reaches the first', () => {
    const counts = { ...NOTHING.counts, critical: 1, low: 2, info: 4 };
    const inner = { reached_from: [{ kind: 'function', name: 'f' }], title: 'Other' };
    const findings = [finding('critical', inner), finding('critical'), finding('low')];
    expect(describeScan({ ...NOTHING, counts, findings })).toBe(
      '1 critical and 2 low findings, the worst: writes a file, reached from signature serving_default',
    );
  });

  it('says when, where nobody calls it by name', () => {
    const reached_from = [{ kind: 'loading', name: '' }];
    const findings = [finding('high', { title: 'HDF5 that leads to other files', reached_from })];
    expect(describeScan({ ...NOTHING, counts: { high: 1 }, findings })).toBe(
      '1 high finding: HDF5 that leads to other files, when it is loaded',
    );
  });

  it('tells nothing found from not looked at', () => {
    expect(describeScan(NOTHING)).toMatch(/^Nothing that the rules know/);
    expect(describeScan({ ...NOTHING, gaps: ['a.'] })).toMatch(/could not|not all/);
    expect(describeScan({ ...NOTHING, problem: 'bad' })).toMatch(/cannot be read/);
  });

  it('has a word that never is only a colour', () => {
    expect(judge(NOTHING)).toEqual({ tone: 'good', word: 'Clean' });
    expect(judge({ ...NOTHING, integrity: 'passed' }).word).toBe('Clean and whole');
    expect(judge({ ...NOTHING, verdict: 'damaged' })).toEqual({ tone: 'bad', word: 'Damaged' });
    expect(judge({ ...NOTHING, verdict: 'incomplete' }).tone).toBe('warn');
  });

  it('knows how it was verified', () => {
    expect(describeIntegrity(null, 'idle')).toMatch(/not verified/);
    expect(describeIntegrity('failed', 'done')).toMatch(/not as they were saved/);
    expect(describeIntegrity('failed', 'running')).toMatch(/being verified/);
  });

  it('leaves out what it did not look at', () => {
    expect(describeEffort(NOTHING)).toBe('1,200 nodes in 2 functions, 1 file');
  });
});

describe('where it runs', () => {
  const target = (title: string, verdict: string): PortabilityTargetPayload => {
    return { target: title, name: title, title, verdict, summary: '', evidence: [] };
  };

  it('is one sentence, the good first', () => {
    const some = [target('C', 'fails'), target('A', 'works'), target('D', 'fails')];
    expect(describeTargets(some)).toBe('It works with A; does not work with C and D');
    expect(describeTargets([target('B', 'unknown')])).toBe('It is not known for B');
    expect(describeTargets([])).toBe('');
    expect(judgeTarget('other')).toEqual({ tone: 'muted', word: 'other' });
  });

  it('names who wrote it as far as that is stored', () => {
    const none = { tags: [], tensorflow: '', released: ['', ''], keras: '', producer: 0 };
    expect(describeWriter({ ...none, min_consumer: 0 })).toBe('');
    const known = { ...none, tensorflow: '2.5.0', producer: 716, released: ['2.5', '2.5'] };
    expect(describeWriter({ ...known, min_consumer: 12 })).toBe(
      'TensorFlow 2.5.0, GraphDef version 716 (that of 2.5), readable from 12',
    );
  });

  it('puts ops that fail first', () => {
    const ops: PortabilityOpsPayload = {
      op: ['A', 'B', 'C'],
      count: [1, 1, 1],
      package: ['', '', ''],
      since: ['', '', ''],
      plumbing: [false, false, false],
      support: [
        { name: 'tf', verdict: ['works', 'needs', 'works'] },
        { name: 'tflite', verdict: ['works', 'needs', 'fails'] },
      ],
    };
    expect(rankOps(ops)).toEqual([2, 1, 0]);
  });

  it('adds and takes away targets', () => {
    expect(toggleTarget('', 'tf==2.12')).toBe('tf==2.12');
    expect(toggleTarget('tf==2.12,tfjs', 'tf==2.12')).toBe('tfjs');
  });
});

describe('a mark of Home', () => {
  const mark = { id: 'a', verdict: 'dangerous', worst: 'high', rule: 'file-write', findings: 3 };

  it('is for what is grave, and not for what the state says already', () => {
    const titled = { ...mark, title: 'Writes a file' };
    expect(isGrave(titled)).toBe(true);
    expect(isGrave({ ...titled, worst: 'low' })).toBe(false);
    expect(isGrave({ ...titled, worst: null })).toBe(false);
    expect(isGrave({ ...titled, rule: 'unreadable' })).toBe(false);
    expect(explainScanMark(titled)).toBe('Writes a file, and 2 more findings: show them');
    expect(explainScanMark({ ...titled, findings: 1 })).toBe('Writes a file: show it');
  });
});
