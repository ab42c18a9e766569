import { describe, expect, it } from 'vitest';
import type { LineagePayload, RelationPayload, WeightsPayload } from '../src/api/types';
import {
  describeExtent,
  describeStanding,
  describeSteps,
  describeTensors,
  seriesPath,
} from '../src/model/lineage';
import {
  describeMark,
  explainMark,
  formatShare,
  isUnderWay,
  type LineageMark,
  marksById,
} from '../src/model/marks';

const JOB = { state: 'done', looked: 5, artifacts: 5, note: null };
const WEIGHTS: WeightsPayload = {
  hash: 'mi1:0',
  tensors: 14,
  parameters: 1000,
  nbytes: 4000,
  unknown: 0,
  telling: 9,
  left_out: 0,
  repeated: 0,
  repeated_nbytes: 0,
};

function mark(more: Partial<LineageMark> = {}): LineageMark {
  return {
    extent: 'same',
    other: 'b',
    path: 'run/ckpt-300',
    step: 300,
    last_step: 300,
    ties: 1,
    parameters: 1000,
    of_parameters: 1000,
    ...more,
  };
}

function payload(more: Partial<LineagePayload> = {}): LineagePayload {
  return { job: JOB, weights: WEIGHTS, problem: null, relations: [], more: 0, ...more };
}

const relation = { tensors: 14 } as RelationPayload;

describe('marks', () => {
  it('come as columns and are found by id', () => {
    const marks = marksById({
      job: JOB,
      id: ['a'],
      extent: ['part'],
      other: ['b'],
      path: ['run/ckpt-1'],
      step: [1],
      last_step: [8],
      ties: [8],
      parameters: [150],
      of_parameters: [1000],
    });
    expect([...marks]).toEqual([
      [
        'a',
        mark({
          extent: 'part',
          path: 'run/ckpt-1',
          step: 1,
          last_step: 8,
          ties: 8,
          parameters: 150,
        }),
      ],
    ]);
  });

  it('name the step in the same run, and the path elsewhere', () => {
    expect(describeMark(mark({ step: 1300 }), 'run')).toEqual(['=', 'step 1,300']);
    expect(describeMark(mark(), 'runs')).toEqual(['=', 'run/ckpt-300']);
    expect(describeMark(mark(), null)).toEqual(['=', 'run/ckpt-300']);
    expect(describeMark(mark({ path: 'run/export/1', step: null }), 'run')).toEqual([
      '=',
      'export/1',
    ]);
  });

  it('say how much it is', () => {
    expect(describeMark(mark({ extent: 'part', parameters: 150 }), 'run')[0]).toBe('15 % =');
    expect(describeMark(mark({ extent: 'within' }), 'run')[0]).toBe('all in');
    expect(describeMark(mark({ extent: 'holds', parameters: 900 }), 'run')[0]).toBe('has all of');
  });

  it('name several steps that fit equally', () => {
    expect(describeMark(mark({ ties: 3, last_step: 500 }), 'run')[1]).toBe('steps 300 – 500');
    expect(describeMark(mark({ ties: 3, last_step: 300 }), 'run')[1]).toBe('step 300');
  });

  it('are whole sentences in the title, with names made visible', () => {
    expect(explainMark(mark({ path: 'run/a\n' }))).toBe('The same weights as run/a\\n');
    expect(explainMark(mark({ extent: 'part', parameters: 1, ties: 8 }))).toBe(
      '<1 % of its parameters are equal to those of run/ckpt-300, and 7 more of its series',
    );
  });

  it('make names visible', () => {
    expect(describeMark(mark({ path: 'x\u202e' }), null)[1]).toBe('x\\u{202e}');
  });
});

describe('shares', () => {
  it.each([
    [0, 0, '0 %'],
    [0, 9, '0 %'],
    [9, 9, '100 %'],
    [1, 1000, '<1 %'],
    [999, 1000, '>99 %'],
    [1, 3, '33 %'],
  ])('%d of %d is %s', (part, whole, words) => {
    expect(formatShare(part, whole)).toBe(words);
  });
});

describe('relations', () => {
  it('are told in words', () => {
    expect(describeExtent('same')).toBe('the same as');
    expect(describeExtent('new')).toBe('new');
    expect(describeTensors(relation, WEIGHTS)).toBe('all 14 tensors');
    expect(describeTensors({ ...relation, tensors: 3 }, WEIGHTS)).toBe('3 of 14 tensors');
  });

  it('name steps of a series', () => {
    const steps = (...numbers: (number | null)[]) => numbers.map((step) => ({ step }));
    expect(describeSteps(steps(1, 2000))).toBe('steps 1, 2,000');
    expect(describeSteps(steps(1, 2, 3, 4, 5))).toBe('steps 1 – 5');
    expect(describeSteps(steps(1, null))).toBe('2 checkpoints');
  });

  it('name the series by what its paths begin with', () => {
    const paths = (...names: string[]) => names.map((path) => ({ path }));
    expect(seriesPath(paths('run/ckpt-1', 'run/ckpt-8'))).toBe('run/ckpt');
    expect(seriesPath(paths('run/ckpt-100', 'run/ckpt-108'))).toBe('run/ckpt');
    expect(seriesPath(paths('run/epoch_03.keras', 'run/epoch_04.keras'))).toBe('run/epoch');
    expect(seriesPath([])).toBe('');
  });
});

describe('the standing', () => {
  it('is how far the look is, while nothing is known', () => {
    const looking = { ...JOB, state: 'looking', looked: 1200, artifacts: 9800 };
    expect(describeStanding(payload({ weights: null, job: looking }))).toBe(
      'looking at 1,200 of 9,800 artifacts',
    );
    const waiting = { ...JOB, state: 'waiting' };
    expect(describeStanding(payload({ weights: null, job: waiting }))).toBe(
      'waiting for the search',
    );
  });

  it('is nothing where relations or a problem say it', () => {
    expect(describeStanding(payload({ relations: [relation] }))).toBeUndefined();
    expect(describeStanding(payload({ weights: null, problem: 'broken' }))).toBeUndefined();
  });

  it('tells none from not known', () => {
    expect(describeStanding(payload())).toBe('in common with no other artifact');
    const unknown = { ...WEIGHTS, unknown: 14 };
    expect(describeStanding(payload({ weights: unknown }))).toMatch('not known without reading');
    const partly = { ...WEIGHTS, unknown: 1 };
    expect(describeStanding(payload({ weights: partly }))).toBe(
      'in common with no other artifact; 1 weight without checksums cannot be compared',
    );
    const none = { ...WEIGHTS, tensors: 0, hash: null };
    expect(describeStanding(payload({ weights: none }))).toBe('it has no weights to compare');
  });
});

it('asks again until it is done', () => {
  expect(
    ['waiting', 'looking', 'relating', 'done'].map((state) => isUnderWay({ ...JOB, state })),
  ).toEqual([true, true, true, false]);
});
