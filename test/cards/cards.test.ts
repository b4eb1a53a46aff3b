import { describe, expect, it } from 'vitest';
import { ASSESSMENT_EXTENSION, checkedExtension } from '../../src/cards/assessment-extension.ts';
import { buildCard } from '../../src/cards/build-card.ts';
import { factWords, OUTCOME_WORDS, ofOtherWays } from '../../src/cards/words.ts';
import type { Card } from '../../src/cds-hooks/card.ts';
import type { CheckedOrder } from '../../src/criteria-check/order-check.ts';
import { parseDate } from '../../src/dates/day.ts';
import type { Missing, NearestPath, PathFact } from '../../src/policy/assessment.ts';
import { expandVignettes, type Vignette } from '../../src/vignettes/expand.ts';
import { checkVignette, loadVignettes } from '../../src/vignettes/run.ts';
import { VignettesFile } from '../../src/vignettes/schema.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { at, listAt } from '../support/json-path.ts';
import { CANONICAL_BASE, checker, ROOT } from '../support/knowledge.ts';

const files = loadVignettes(`${ROOT}/test/vignettes`);

interface Told {
  readonly check: CheckedOrder;
  readonly card: Card;
}

const known = new Map<Vignette, Told>();

/** The check and the card of a vignette, made once for all the tests that go through every vignette. */
function tell(vignette: Vignette): Told {
  const told = known.get(vignette) ?? checkAndTell(vignette);
  known.set(vignette, told);
  return told;
}

function checkAndTell(vignette: Vignette): Told {
  const check = checkVignette(vignette, checker(), CANONICAL_BASE);
  if (check === undefined) throw new Error(`${vignette.id}: no policy governs the order`);
  const options = {
    sourceLabel: 'Spine imaging criteria check',
    canonicalBase: CANONICAL_BASE,
    studies: checker().knowledge.studies,
    quirks: new Set<string>(),
  };
  return { check, card: buildCard(check, options) };
}

/** What is wrong with a card, in words. */
function problems({ check, card }: Told): readonly string[] {
  const out: string[] = [];
  const rule = (what: string, holds: boolean): void => {
    if (!holds) out.push(what);
  };
  const { assessment, policy, urgent } = check;
  const { detail, summary } = card;
  const headings = [...detail.matchAll(/^\*\*([^*]+)\*\*$/gm)].map((m) => m[1]);
  const told = card.extension[ASSESSMENT_EXTENSION];
  rule('summary of 1 to 139 characters', summary.length > 0 && summary.length < 140 && [...summary].length < 140);
  rule('an exclusion is said at once', assessment.reason !== 'exclusion' || /: excluded by the /.test(summary));
  rule('no colon behind a colon', !/criteria open: (not documented|exclusion not settled)/.test(summary));
  rule('nothing negative is called "not documented"', !/not documented: no /.test(summary));
  rule('summary names the study', summary.includes(check.study.code));
  const serious = urgent.length > 0 || ['not-met', 'alternative'].includes(assessment.outcome);
  rule('indicator', card.indicator === (serious ? 'warning' : 'info'));
  rule(
    'urgent first',
    urgent.length === 0 || (summary.startsWith('Documented red flag') && detail.startsWith('**Documented red flag')),
  );
  rule('names policy and version', detail.includes(policy.input.title) && detail.includes(policy.input.version));
  rule('no coverage decision', detail.includes('not a coverage decision'));
  rule('no HTML and no link', !/<[a-z!/]|\]\(/i.test(detail));
  rule(
    'kinds of resources in words, not their ids',
    !/\b(Condition|Encounter|Observation|Procedure|Medication\w*|DiagnosticReport|ServiceRequest|Patient|\w+Response)\//.test(
      detail,
    ),
  );
  rule('comparisons are turned round, not negated', !/not: (current episode|age) /.test(detail + summary));
  const metUntil = /Met until (\S+) without/.exec(detail)?.[1];
  rule('a day within a year', metUntil === undefined || (parseDate(metUntil)?.hi ?? 0) <= check.order.asOf.hi + 366);
  const questions = listAt(told, 'missing');
  rule('at most four questions', questions.length <= 4);
  const named = [...listAt(told, 'satisfied'), ...listAt(told, 'contradicted'), ...listAt(told, 'paths')];
  rule(
    'criteria are cited for machines, too',
    named.every((c) => typeof at(c, 'cite') === 'string'),
  );
  rule('at most three ways', listAt(told, 'paths').length <= 3);
  if (assessment.outcome === 'undetermined')
    rule(
      'leads with a way in play',
      assessment.paths.length === 0 || headings[0]?.startsWith('Nearest way to meet the criteria') === true,
    );
  if (assessment.outcome === 'met' || assessment.outcome === 'alternative')
    rule('cites evidence', listAt(told, 'satisfied.0.evidence').length > 0);
  if (assessment.outcome === 'alternative')
    rule('ways are those of the ordered study', !headings.includes('Nearest way to meet the criteria'));
  const [, alone] = /With this chart alone a reviewer would find: (.*)\./.exec(detail) ?? [];
  if (assessment.reason === 'data-unavailable') {
    rule('nobody knows what a reviewer would find of a chart that was not seen', alone === undefined);
    rule(
      'nothing is proposed that may have been done',
      card.suggestions === undefined && !detail.includes('Next step'),
    );
  }
  rule('a reviewer who finds the same is not told of', alone !== OUTCOME_WORDS[assessment.outcome].toLowerCase());
  rule('rests on something', assessment.outcome !== 'not-required' || detail.includes('Rests on the policy itself.'));
  if (assessment.outcome === 'not-met') rule('says what contradicts', headings.includes('The chart says otherwise'));
  for (const { actions } of card.suggestions ?? []) {
    rule(
      'creates or updates',
      actions.every((a) => a.type === 'create' || a.type === 'update'),
    );
    rule(
      'recommends nothing',
      actions.every((a) => !('isRecommended' in a)),
    );
  }
  rule('machines and people are told the same', at(told, 'outcome') === assessment.outcome);
  return out;
}

function find(id: string): Vignette {
  const found = files.flatMap((f) => f.vignettes).find((v) => v.id === id);
  if (found === undefined) throw new Error(`no vignette ${id}`);
  return found;
}

const fact = (code: string, label: string): PathFact => ({ fact: code, label });

describe.each(files)('cards of $file', ({ vignettes }) => {
  it('say what a card must say, in its bounds', () => {
    const governed = vignettes.filter((v) => v.expect.outcome !== 'not-governed');
    const bad = governed.flatMap((v) => {
      const found = problems(tell(v));
      return found.length === 0 ? [] : [`${v.id}: ${found.join('; ')}`];
    });
    expect(bad).toEqual([]);
  }, 120_000);
});

describe('what a busy clinician is spared', () => {
  const told = (id: string): Told => tell(find(id));
  const headings = (card: Card): readonly (string | undefined)[] =>
    [...card.detail.matchAll(/^\*\*([^*]+)\*\*$/gm)].map((m) => m[1]);

  it('treatment for the ordered study where the criteria are documented for another', () => {
    const { check, card } = told('IC-contrast');
    expect(check.assessment.outcome).toBe('alternative');
    expect(card.summary).toMatch(/^72148: the chart documents the Kaiser WA criteria for 72158 instead/);
    expect(headings(card).slice(0, 3)).toEqual(['The policy names', 'Documented', 'For the ordered study itself']);
    expect(card.detail).not.toMatch(/Next step|Questions|Still to be done|Other ways/);
  });

  it('referrals beside a red flag that must not wait', () => {
    const { check, card } = told('edge-unstable-fracture');
    expect([check.assessment.outcome, check.urgent.length > 0]).toEqual(['undetermined', true]);
    expect(check.assessment.missing.some((m) => m.action !== undefined)).toBe(true);
    expect(card.detail).not.toMatch(/Next step|Still to be done|weeks of treatment.*If started now/);
    expect(card.suggestions).toBeUndefined();
    expect(card.detail).toMatch(/^\*\*Documented red flag: do not delay care for authorization\.\*\* [A-Z]/);
  });

  it('the same reason for each passage that it closes', () => {
    const { card } = told('T-neck-films-refused');
    const lines = card.detail.split('**The chart says otherwise**\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
    expect(lines[0]).toMatch(
      /^- SP-3\.2, Trauma, films and a failed trial; SP-3\.2, [^:]*; SP-3\.2 and SP-1\.2[^:]*: no plain films/,
    );
    const whys = lines.map((l) => l.slice(l.indexOf(': ')));
    expect(new Set(whys).size).toBe(whys.length);
  });

  it('what nobody has stated, and a "policy" where the coverage decides', () => {
    expect(told('IC-contrast').card.detail).toMatch(/Rests on \d+ facts of the chart\.$/m);
    const exempt = files
      .filter((f) => f.file.includes('kaiser-wa-lumbar-mri'))
      .flatMap((f) => f.vignettes)
      .find((v) => v.expect.outcome === 'not-required');
    const { card } = tell(exempt as Vignette);
    expect(card.detail).toMatch(/by the line of business \(Medicare\) of the coverage/);
    expect(card.detail).toMatch(/^Payer: .* \(Medicare\)/m);
  });

  it('evidence that is told of the nearest way already, of other ways', () => {
    const bad = files
      .flatMap((f) => f.vignettes)
      .flatMap((v) => {
        if (v.expect.outcome !== 'undetermined') return [];
        const lines = tell(v).card.detail.split('**Documented so far**\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
        const said = lines.map((l) => l.replace(/^- For [^:]*: /, ''));
        return said.some((s, i) => said.slice(0, i).includes(s)) ? [`${v.id}: ${said.join(' / ')}`] : [];
      });
    expect(bad).toEqual([]);
  });

  it('the documented part of every other way', () => {
    const bad = files
      .flatMap((f) => f.vignettes)
      .flatMap((v) => {
        if (v.expect.outcome !== 'undetermined') return [];
        const others = tell(v).card.detail.split('**Other ways**\n')[1]?.split('\n\n')[0] ?? '';
        return others.includes('Documented:') ? [v.id] : [];
      });
    expect(bad).toEqual([]);
  });
});

describe('a disease that is the reason of the order, and on file', () => {
  it('rests on what is on file', () => {
    const { check } = tell(find('TA-met'));
    const evidence = check.assessment.satisfied.flatMap((s) => s.evidence);
    expect(evidence.filter((e) => e.fact === 'tarlov-cyst').map((e) => e.reference)).toContain('Condition/condition-1');
  });
});

describe('evidence of thousands of results', () => {
  it('is named up to a bound and counted beyond it, so that the card stays small', () => {
    const { check } = tell(find('IC-contrast'));
    const [first] = check.assessment.satisfied;
    if (first === undefined) throw new Error('nothing is satisfied');
    const evidence = Array.from({ length: 2_000 }, (_, i) => ({
      reference: `Observation/o${i}`,
      date: '2025-01-02',
      fact: 'fever',
      basis: 'chart' as const,
    }));
    const many = { ...check.assessment, satisfied: [{ ...first, evidence }] };
    const extension = checkedExtension({ ...check, assessment: many }, checker().knowledge.studies);
    expect(listAt(extension, 'satisfied.0.evidence')).toHaveLength(50);
    expect(at(extension, 'satisfied.0.evidence.0')).toEqual(evidence[0]);
    expect(at(extension, 'satisfied.0.moreEvidence')).toBe(1_950);
    const plain = checkedExtension(check, checker().knowledge.studies);
    expect(at(plain, 'satisfied.0.moreEvidence')).toBeUndefined();
  });
});

describe('questions', () => {
  it('of no way, such as which study is ordered, are none of other ways', () => {
    const [missing, way] = [{ fact: 'x' } as Missing, { label: 'x' } as NearestPath];
    const paths = ['a', 'b'].map((criterion) => ({ ...way, criterion }));
    const isOther = (...criteria: readonly string[]): boolean => ofOtherWays({ paths }, { ...missing, criteria });
    expect([isOther(), isOther('a', 'b'), isOther('b')]).toEqual([false, false, true]);
  });

  it('of an exclusion come first: a pacemaker of no stated kind', () => {
    const vignette = files.flatMap((f) => f.vignettes).find((v) => v.id === 'N4-unrated');
    const { card } = tell(vignette as Vignette);
    // an exclusion is to be ruled out, not to be documented
    expect(card.summary).toContain('exclusion not settled: incompatible implanted device');
    expect(card.summary).not.toContain('not documented');
    const asked = card.detail.slice(card.detail.indexOf('**Questions that would settle it**'));
    expect(asked.split('\n- ')[1]).toMatch(/MR unsafe/i);
  });

  it('of the nearest way come first, those of other ways stand apart', () => {
    const split = files
      .flatMap((f) => f.vignettes)
      .filter((v) => v.expect.outcome === 'undetermined')
      .map(tell)
      .filter(({ card }) => card.detail.includes('**Questions of other ways**'));
    expect(split.length).toBeGreaterThan(10);
    for (const { check, card } of split) {
      const nearest = check.assessment.paths[0]?.criterion ?? '';
      const exclusions = new Set(check.policy.exclusions.map((e) => e.id));
      const [before = '', after = ''] = card.detail.split('**Questions of other ways**');
      for (const { ask, criteria } of check.assessment.missing.filter((m) => m.toDo !== true))
        expect(
          (criteria.includes(nearest) || criteria.some((c) => exclusions.has(c)) ? before : after).includes(
            `\n- ${ask}`,
          ),
        ).toBe(true);
    }
  }, 60_000);

  it('name what would do in their place', () => {
    const { card } = tell(
      files.flatMap((f) => f.vignettes).find((v) => v.id === '2.a.ii.A-sixth-birthday') as Vignette,
    );
    expect(card.summary).toMatch(/not documented: fever or one of \d others\.$/);
    expect(card.detail).toMatch(/Is there fever [^?]*\? Or any one of these: malaise; .*constant pain; /);
    expect(listAt(card.extension[ASSESSMENT_EXTENSION], 'missing.0.instead')).toContain('malaise');
  });

  it('name all items of which the policy wants two', () => {
    const { detail } = cardOf('IC-normal-items');
    expect(detail).toMatch(/Is the patient immunosuppressed [^?]*\? Or: bacteremia\./);
    expect(detail).toMatch(/Does the patient inject drugs[^?]*\? Or one of those named above\./);
  });

  it('tell of a course in one line, and when it ended', () => {
    expect(cardOf('2.b.i-old').detail).toMatch(
      /On file: \d+ procedures, \S+ to \S+: a course of this length that ended on \S+, before the time window\. /,
    );
  });

  it('do not ask for the length of a course that goes on', () => {
    const { detail, summary } = cardOf('IIBa-five-weeks');
    expect(summary).toContain(
      '72141: Kaiser WA criteria open: met from 2025-10-22 by time alone, if nothing else changes.',
    );
    expect(detail).toContain('Needed: at least 6 weeks of treatment for the current episode. From 2025-10-22 on by');
    expect(detail).not.toContain('**Questions');
  });
});

describe('the nearest way', () => {
  it.each([
    ['CA-history-only', 'SP-1.2, cancer, first item'],
    ['MW-progressive-once', 'SP-1.2, motor weakness'],
    ['HR-4-old-injury', 'SP-3.1'],
    ['edge-injury-of-spring-reason', 'SP-3.2 and SP-1.2, fracture'],
    ['edge-child-two-months', 'Item 2.a.ii'],
    ['III-impairment-mobility', 'Section III.A, second item'],
    ['IIBa-reflex-bare', 'Section II.B.a'],
  ])('is one of which the chart speaks: %s', (id, cite) => {
    const { detail } = cardOf(id);
    expect(detail.split('**Nearest way to meet the criteria**\n- ')[1]?.startsWith(cite)).toBe(true);
  });
});

describe('what is left to a reviewer', () => {
  it('is said: in the summary where nothing else is open, in the detail always', () => {
    const { card } = tell(files.flatMap((f) => f.vignettes).find((v) => v.id === 'IIIB2b-recent-mri') as Vignette);
    expect(card.summary).toMatch(
      /: left to a reviewer: a clinical justification for an indication that is not listed\.$/,
    );
    expect(card.detail).toMatch(
      /\*\*Left to a reviewer\*\*\n- Section III\.C, Indication not listed: a clinical justification for an/,
    );
    expect(listAt(card.extension[ASSESSMENT_EXTENSION], 'reviews')).toHaveLength(1);
  });

  it('is said with the exclusion that leaves it', () => {
    const { detail } = cardOf('N6-pain-as-reason');
    expect(detail).toMatch(
      /sclerosis and another reason \([^)]*\); left to a reviewer: whether the lumbar study is for /,
    );
    expect(detail).not.toContain('**Left to a reviewer**');
  });
});

const cardOf = (id: string): Card => tell(files.flatMap((f) => f.vignettes).find((v) => v.id === id) as Vignette).card;

describe('no indication on file', () => {
  const named = (policy: string, id: string): Told =>
    tell(files.flatMap((f) => f.vignettes).find((v) => v.policy === policy && v.id === id) as Vignette);

  it('tells what the policy approves the study for', () => {
    const { card } = named('kaiser-wa-cervical-mri', 'no-indication');
    expect(card.summary).toMatch(/no indication of the policy is on file\.$/);
    expect(card.detail).toContain('Chronic cervical pain; Follow-up of a known neurosurgical disease;');
  });

  it('says of which region the reason of the order speaks, where that is another one', () => {
    const { card } = named('cohere-spine-mri', 'X-reason-elsewhere');
    expect(card.summary).toMatch(/no indication is on file, as the reason of the order concerns the cervical spine\.$/);
    expect(card.detail).toContain(
      'The reason of the order concerns the cervical spine, not the region that is ordered.',
    );
    const own = named('cohere-spine-mri', 'C1.5.a-history-new-pain').card;
    expect(own.detail).not.toContain('The reason of the order concerns');
  });

  it('asks for what the chart says a part of', () => {
    const { card } = named('cigna-evicore-spine', 'NE-fall-without-pain');
    expect(card.summary).toContain('no indication is on file; the nearest lacks: ');
    expect(card.detail).toContain('SP-3.2, ');
  });
});

describe('summaries', () => {
  it('are hardly ever cut: they leave out brackets and what the detail says first', () => {
    const summaries = files
      .flatMap((f) => f.vignettes)
      .filter((v) => v.expect.outcome !== 'not-governed')
      .map((v) => tell(v).card.summary);
    // a warning takes the room of what is open, and goes before it
    const [urgent, others] = [true, false].map((yes) =>
      summaries.filter((s) => s.startsWith('Documented red flag') === yes),
    );
    const cut = (all: readonly string[] = []): number => all.filter((s) => s.endsWith('…')).length / all.length;
    expect(cut(others)).toBeLessThan(0.005);
    expect(cut(urgent)).toBeLessThan(0.2);
  }, 120_000);

  it.each([
    [
      'SP-6.1-improved',
      '72148: Cigna criteria open: contradicted, unless a red flag is documented: motor weakness and 7 more.',
    ],
    ['NE-open-weakness', '72148: Cigna criteria open: contradicted, unless a red flag is documented: motor weakness.'],
    [
      'C6.1-five-weeks',
      '72148: Cohere Health criteria open: met from 2025-06-17 by time alone, if nothing else changes.',
    ],
    ['VIA-three-features', '72156: Kaiser WA criteria open: nothing that is on file meets them.'],
  ])('say what is open when there is nothing to ask: %s', (id, summary) => {
    expect(cardOf(id).summary).toBe(summary);
  });
});

describe('what is documented', () => {
  it('is told once for an indication that holds at several regions by the same evidence', () => {
    const governed = files.flatMap((f) => f.vignettes).filter((v) => v.expect.outcome !== 'not-governed');
    const twice = governed.filter((v) => {
      const lines = (tell(v).card.detail.split('**Documented**\n')[1] ?? '').split('\n\n')[0]?.split('\n') ?? [];
      return new Set(lines).size !== lines.length;
    });
    expect(twice.map((v) => v.id)).toEqual([]);
  }, 120_000);
});

describe('what speaks against a documented outcome', () => {
  it('is told with it, when something later counts', () => {
    const { card } = tell(find('edge-care-stated-short'));
    expect(card.detail).toContain(
      '**Speaks against it, but is not the last word on file**\n- at least 6 weeks of medication with physical therapy or home exercise: diagnosis, 2025-05-27',
    );
  });
  it('is not told where nothing does', () => {
    expect(tell(find('edge-care')).card.detail).not.toContain('Speaks against it');
  });
  it('is told the other way round of what the chart contradicts', () => {
    const { card } = tell(find('edge-course-denied'));
    const [, told = ''] = card.detail.split('**The chart says otherwise**');
    expect(told).toContain('less than 6 weeks of treatment');
    expect(told).toMatch(
      /\*\*Speaks for it, but is not the last word on file\*\*\n- at least 6 weeks of treatment for the current episode: \d+ /,
    );
  });
  it('is told where the chart says both ways what no question is about', () => {
    const { card } = tell(find('edge-pain-both-ways'));
    expect(card.summary).toContain('the chart contradicts itself: radiculopathy');
    expect(card.detail).toContain('**The chart contradicts itself**\n- radiculopathy: visit, diagnosis');
  });
  it('is told where a negative of no stated day leaves an indication in doubt', () => {
    const { card } = tell(find('edge-cauda-undated'));
    expect(card.summary).toContain('the chart contradicts itself: cauda equina syndrome');
    expect(card.detail).toContain(
      '**Speaks against it, but is not the last word on file**\n- SP-1.2, cauda equina syndrome, Cauda equina syndrome: documented as ruled out, and it is not certain that what speaks for it came later (diagnosis)',
    );
  });
});

describe('a way in words', () => {
  const named = (id: string): string => tell(find(id)).card.detail;

  it('says the opposite of a leaf without a colon', () => {
    expect(named('near-not-met-by-therapy')).toContain('less than 4 weeks of physical therapy');
    for (const { vignettes } of files)
      for (const v of vignettes.filter((one) => one.expect.outcome === 'not-met'))
        expect(tell(v).card.summary, v.id).not.toMatch(/not: /);
  }, 120_000);

  it('tells what is next where the criteria are not met', () => {
    const { card } = tell(find('near-not-met-by-therapy'));
    expect(card.indicator).toBe('warning');
    const headings = [...card.detail.matchAll(/^\*\*([^*]+)\*\*$/gm)].map((m) => m[1]);
    expect(headings.slice(0, 2)).toEqual(['The chart says otherwise', 'Nearest way to meet the criteria']);
    expect(card.detail).not.toContain('**Documented');
  });

  it('tells examination before a test where the policy lists both', () => {
    const { check } = tell(find('near-repeat-unchanged'));
    expect(check.assessment.paths[0]?.criterion).toBe('III.B.1.worsening');
  });

  it('begins with the indication that the order names', () => {
    expect(tell(find('edge-reason-first')).card.summary).toContain('(SP-6.1)');
  });

  it('tells what follows a course that has just begun as still to be done', () => {
    const detail = named('edge-acute');
    const [, questions = '', toDo = ''] = detail.split(/\*\*(?:Questions on the way|Still to be done)\*\*/);
    expect(questions).not.toContain('re-evaluation');
    expect(tell(find('edge-acute')).card.summary).toContain('not before 2026-04-05; still to document: ');
    expect(toDo).toContain(
      'clinical re-evaluation, in person or by other contact (within 3 months). Next step: Arrange a re-evaluation.',
    );
  });

  it('leaves out visits of no stated reason from before the time window', () => {
    expect(named('edge-evaluation-old')).not.toContain('a visit without a stated reason');
  });

  it('leaves out normal values from before the time window, and names evidence for every indication', () => {
    expect(named('edge-child-normal-once')).not.toContain('outside of the time window');
    expect(named('N2-without')).not.toContain('by the policy itself');
  });

  it('tells a suspicion from a diagnosis', () => {
    const detail = named('N2-without');
    expect(detail).toContain('suspected infection of the spine (diagnosis, 2025-06-09)');
  });

  it('offers the order that is drafted, not more', () => {
    const labels = tell(find('edge-neck-ibuprofen')).card.suggestions?.map((s) => s.label);
    expect(labels).toEqual(['Draft order: Referral to physiotherapist']);
  });

  it('takes fewer needs for nearer where almost everything is on file', () => {
    expect(tell(find('7.b.i-open')).check.assessment.paths[0]?.criterion).toBe('7.b.i');
  });

  it('says of a fact in several windows once what it is', () => {
    expect(
      factWords([fact('films', 'plain films (in the current episode)'), fact('films', 'plain films (since surgery)')]),
    ).toEqual(['plain films (in the current episode; since surgery)']);
    expect(factWords([fact('x.suspected', 'x (known or suspected)'), fact('x', 'x')])).toEqual(['x']);
    expect(factWords([fact('x.suspected', 'x (known or suspected)'), fact('y', 'y')])).toEqual([
      'x (known or suspected)',
      'y',
    ]);
  });

  it('tells none on file of a suspected disease from a confirmed one', () => {
    const detail = named('VIA-three-features');
    expect(detail).not.toContain('no ankylosing spondylitis');
  });
});

describe('what the chart says otherwise', () => {
  const otherwise = (card: Card): readonly string[] =>
    (card.detail.split('**The chart says otherwise**\n')[1] ?? '').split('\n\n')[0]?.split('\n') ?? [];

  it('begins with the complaint that is on file, not with red flags that are ruled out', () => {
    const [first] = otherwise(cardOf('NE-open-weakness'));
    expect(first).toMatch(/^- SP-6\.1, Leg pain .*: significant improvement of the current episode/);
  });

  it('is told once, in words for each criterion', () => {
    const governed = files.flatMap((f) => f.vignettes).filter((v) => v.expect.outcome !== 'not-governed');
    const bad = governed.flatMap((v) => {
      const { card } = tell(v);
      const lines = otherwise(card);
      const why = lines.filter((l) => /: *(\(|$)|the opposite is documented|\bno an? /.test(l));
      return new Set(lines).size === lines.length && why.length === 0 ? [] : [`${v.id}: ${lines.join(' | ')}`];
    });
    expect(bad).toEqual([]);
  }, 120_000);
});

const INFECTION = `
policy: kaiser-wa-lumbar-mri
payer: Kaiser Foundation Health Plan of Washington
vignettes:
  - id: infection
    title: Suspected discitis, ordered without contrast
    order: { study: "72148", date: "2025-06-10", reasons: icd M46.46 }
    chart:
      - { condition: icd M54.50, onset: -10d, recorded: -9d }
      - { condition: icd M46.46, certainty: provisional, recorded: -1d }
      - { observation: loinc 8310-5, value: 38.9 Cel, date: -1d, category: vital-signs }
      - { condition: icd E11.9, recorded: -5y }
    expect: { outcome: alternative, alternative: ["72158"] }
    why: Two items beside the suspicion; the passage names contrast.
  - id: allergy
    title: The same, and an allergy to gadolinium
    like: infection
    chart: [{ allergy: snomed 293637006 }]
    expect: { outcome: alternative }
    why: The policy names contrast all the same.
  - id: kidneys
    title: The same, and an eGFR of 22
    like: infection
    chart: [{ observation: loinc 62238-1, value: "22 mL/min/{1.73_m2}", date: -40d, category: laboratory }]
    expect: { outcome: alternative }
    why: The policy names contrast all the same.
  - id: old-kidneys
    title: The same, with an eGFR of 22 two years ago
    like: infection
    chart: [{ observation: loinc 62238-1, value: "22 mL/min/{1.73_m2}", date: -2y, category: laboratory }]
    expect: { outcome: alternative }
    why: The value is older than a year.
  - id: pregnant
    title: The same, and pregnant
    like: infection
    chart: [{ condition: icd Z33.1, recorded: -60d }]
    expect: { outcome: alternative }
    why: The policy names contrast all the same.
  - id: ordered
    title: The same, with the study that the policy names on order beside it
    like: infection
    chart: [{ order: cpt 72158, date: -0d }]
    expect: { outcome: alternative }
    why: The order that is checked is for another study.
`;

describe('a study with contrast', () => {
  const cases = new Map(expandVignettes(parseYaml('infection.yaml', INFECTION, VignettesFile)).map((v) => [v.id, v]));
  const told = (id: string): Told => tell(cases.get(id) as Vignette);

  it.each(['infection', 'old-kidneys'])('is offered as a change of the whole order (%s)', (id) => {
    const { check, card } = told(id);
    expect(check.assessment.outcome).toBe('alternative');
    const [suggestion] = card.suggestions ?? [];
    expect(at(suggestion, 'actions.0.resource.code.coding.0.code')).toBe('72158');
    const { code: _new, ...changed } = suggestion?.actions[0]?.resource ?? {};
    const { code: _old, ...before } = check.order.resource;
    expect(changed).toEqual(before);
  });

  it('is not offered when it is on order already', () => {
    const { card } = told('ordered');
    expect(card.suggestions).toBeUndefined();
    expect(card.detail).toContain('Not offered as a change of the order, as it is on order already: MRI lumbar spine');
  });

  it('is not offered when it is of a region that the reason of the order does not speak of', () => {
    const { suggestions, detail } = cardOf('edge-other-problem-reason');
    expect(suggestions).toBeUndefined();
    expect(detail).toContain('as the reason of the order concerns the cervical spine: MRI lumbar spine');
    expect(cardOf('edge-other-problem-is-reason').suggestions?.[0]?.label).toContain('72148');
  });

  it.each(['allergy', 'kidneys', 'pregnant'])(
    'is not offered against what is documented, and the card says why (%s)',
    (id) => {
      const { check, card } = told(id);
      expect(check.assessment.alternatives).toContain('72158');
      expect(card.suggestions).toBeUndefined();
      expect(card.detail).toContain('Not offered as a change of the order');
    },
  );
});
