import { describe, expect, it } from 'vitest';
import { buildCard } from '../../src/cards/build-card.ts';
import type { Card } from '../../src/cds-hooks/card.ts';
import { expandVignettes } from '../../src/vignettes/expand.ts';
import { checkVignette } from '../../src/vignettes/run.ts';
import { VignettesFile } from '../../src/vignettes/schema.ts';
import { parseYaml } from '../../src/yaml/yaml-file.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';

/** The card of a chart that is written down beside its test. */
function cardOf(policy: string, payer: string, vignette: string): Card {
  const text = `policy: ${policy}\npayer: ${payer}\nvignettes:\n  - ${vignette.trim().replaceAll('\n', '\n    ')}\n`;
  const [one] = expandVignettes(parseYaml('chart.yaml', text, VignettesFile));
  const check = one === undefined ? undefined : checkVignette(one, checker(), CANONICAL_BASE);
  if (check === undefined) throw new Error('no policy governs the order');
  const { studies } = checker().knowledge;
  return buildCard(check, { sourceLabel: 'Check', canonicalBase: CANONICAL_BASE, studies, quirks: new Set() });
}

/** The lines of a section of the detail. */
const under = ({ detail }: Card, heading: string): readonly string[] =>
  (detail.split(`**${heading}**\n`)[1] ?? '').split('\n\n')[0]?.split('\n') ?? [];

const REST = 'expect: { outcome: undetermined }\nwhy: of no matter here';

describe('the order that is checked', () => {
  it('is called so where it is what is on file', () => {
    const numb = cardOf(
      'healthhelp-lumbar-mri',
      'HealthHelp',
      `id: numb
title: Numbness told at a video visit
order: { study: "72148", date: "2026-06-10", reasons: [icd M54.50, icd R20.2] }
chart:
  - { condition: icd M54.50, onset: -45d, recorded: -30d }
  - { condition: icd R20.2, onset: -20d, recorded: -5d }
  - { visit: telehealth, date: -5d, reasons: [icd M54.50, icd R20.2] }
${REST}`,
    );
    expect(under(numb, 'Questions that would settle it')).toEqual([
      '- Is a neurological deficit new, and was it demonstrated on examination? On file: diagnosis, this order, 2026-05-21 to 2026-06-10: a related finding.',
    ]);
    const sclerosis = cardOf(
      'cohere-spine-mri',
      'Cohere Health',
      `id: sclerosis
title: Multiple sclerosis among the reasons
order: { study: "72158", date: "2026-06-10", reasons: [icd G35.D, icd M54.50] }
chart:
  - { condition: icd G35.D, recorded: -5y }
  - { condition: icd M54.50, onset: -40d, recorded: -30d }
${REST}`,
    );
    expect(under(sclerosis, 'An exclusion is not settled')[0]).toContain('(diagnosis, this order, 2021-06-10)');
  });
});

describe('a next step', () => {
  const SLIP = `id: slip
title: A slip without bending films, therapy ordered
order: { study: "72148", date: "2026-06-10", reasons: icd M43.16 }
chart:
  - { condition: icd M43.16, recorded: -40d }
  - { condition: icd M54.50, onset: -60d, recorded: -40d }
  - { visit: office, date: -40d, reasons: icd M54.50 }
  - { order: cpt 97110, date: -40d, reasons: icd M54.50 }`;
  const FILMS = '  - { order: cpt 72120, date: -2d, reasons: icd M43.16 }';
  const told = (...more: readonly string[]): Card =>
    cardOf('healthhelp-lumbar-mri', 'HealthHelp', [SLIP, ...more, REST].join('\n'));

  it('is not told where it is ordered, and one order is told once', () => {
    const [therapy] = under(told(), 'Questions of other ways');
    expect(therapy).toMatch(/ On file: order, 2026-05-01: referral, no visits on file\.$/);
  });

  it('is told where nobody ordered it, without a day where it takes none', () => {
    const card = told();
    expect(under(card, 'Questions that would settle it')).toEqual([
      '- Do films in flexion and extension show instability? Next step: Order films in flexion and extension.',
    ]);
    expect(under(card, 'Nearest way to meet the criteria')[0]).toMatch(/that show instability\.$/);
    expect(card.suggestions?.map((s) => s.label)).toEqual(['Draft order: X-ray lumbar spine, bending views']);
    const ordered = told(FILMS);
    expect(under(ordered, 'Questions that would settle it')).toEqual([
      '- Do films in flexion and extension show instability? Ordered; no result on file.',
    ]);
    expect(ordered.suggestions).toBeUndefined();
  });

  it('is for what alone is lacking beside a whole course of therapy', () => {
    const card = cardOf(
      'cohere-spine-mri',
      'Cohere Health',
      `id: no-drug
title: Ten weeks of physical therapy, no medication on file
order: { study: "72148", date: "2026-06-10", reasons: icd M54.50 }
chart:
  - { condition: icd M54.50, onset: -110d, recorded: -100d }
  - { therapy: physical, evaluation: -90d, from: -83d, to: -20d, reasons: icd M54.50 }
${REST}`,
    );
    expect(under(card, 'Questions that would settle it')[0]).toMatch(
      /but without medication\. Next step: Document the medication that was taken, or prescribe it along with therapy\.$/,
    );
    expect(card.suggestions).toBeUndefined();
  });
});

describe('a red flag', () => {
  const COURSE = `id: risk
title: Five months of back pain, seven weeks of therapy without improvement, osteoporosis and diabetes for years
order: { study: "72148", date: "2026-03-02", reasons: icd M54.50 }
patient: { born: "1957-05-05" }
chart:
  - { condition: icd M54.50, onset: -150d, recorded: -150d }
  - { condition: icd M81.0, recorded: -4y }
  - { condition: icd E11.9, recorded: -6y }
  - { therapy: physical, evaluation: -70d, from: -63d, to: -21d, reasons: icd M54.50 }
  - { drug: rxnorm 7258, from: -75d, days: 60, reasons: icd M54.50 }
  - { observation: loinc 72514-3, value: "6 {score}", date: -70d, category: survey }
  - { observation: loinc 72514-3, value: "6 {score}", date: -2d, category: survey }`;
  const ways = (...more: readonly string[]): readonly string[] =>
    under(
      cardOf('kaiser-wa-lumbar-mri', 'Kaiser Foundation Health Plan of Washington', [COURSE, ...more, REST].join('\n')),
      'Nearest way to meet the criteria',
    );

  it('of which the chart names a risk of old alone is not the nearest way', () => {
    expect(ways()[0]).toMatch(/^- Section III\.A, second item/);
  });

  it('is the nearest way where a sign of it is of the current episode', () => {
    expect(ways('  - { condition: icd M48.56XA, certainty: provisional, onset: -5d, recorded: -5d }')[0]).toMatch(
      /suspected vertebral fracture/,
    );
  });

  it('without anything of its own on file tells why it is asked', () => {
    const card = cardOf(
      'cohere-spine-mri',
      'Cohere Health',
      `id: why
title: Back pain for twelve days and osteoporosis
order: { study: "72148", date: "2026-03-02", reasons: icd M54.50 }
chart:
  - { condition: icd M54.50, onset: -12d, recorded: -12d }
  - { condition: icd M81.0, recorded: -4y }
${REST}`,
    );
    expect(under(card, 'Nearest way to meet the criteria')[0]).toMatch(
      /Documented: pain of the spine.*, osteoporosis\./,
    );
  });
});

describe('what the chart says otherwise', () => {
  it('rests on what is on file, not on what is not', () => {
    const card = cardOf(
      'cohere-spine-mri',
      'Cohere Health',
      `id: short
title: Pain for too short a time to have been treated for six weeks
order: { study: "72148", date: "2026-06-10", reasons: icd M54.50 }
chart:
  - { condition: icd M54.50, onset: -30d, recorded: -28d }
  - { visit: office, date: -28d, reasons: icd M54.50 }
${REST}`,
    );
    expect(under(card, 'The chart says otherwise')).toEqual([
      '- Indications, miscellaneous symptoms, pain or radiculopathy, Pain or radiculopathy after six weeks of conservative treatment: less than 6 weeks of medication with physical therapy or home exercise; less than 6 weeks of physical therapy or home exercise (diagnosis, 2026-05-11)',
    ]);
  });

  it('names the exceptions of an exclusion by the passages that it refers to', () => {
    const card = cardOf(
      'cigna-evicore-spine',
      'Cigna',
      `id: fibromyalgia
title: Fibromyalgia as the reason
order: { study: "72148", date: "2024-06-10", reasons: icd M79.7 }
${REST}`,
    );
    expect(under(card, 'The chart says otherwise')).toEqual([
      '- SP-10.3, Evaluation or treatment of fibromyalgia: the policy excludes this, as none of its exceptions is documented: problem for which the spine may be imaged (pain of a leg, a neurological symptom or disease, a problem of the spine) (known or suspected) (as the reason of this order); red flags (this order)',
    ]);
  });
});

describe('a visit that follows a treatment', () => {
  it('is to be done, not asked, where the treatment is', () => {
    const card = cardOf(
      'cigna-evicore-spine',
      'Cigna',
      `id: after-surgery
title: Pain for a month, four months after a laminectomy
order: { study: "72148", date: "2024-06-10", reasons: icd M54.16 }
chart:
  - { procedure: cpt 63047, date: -4m, region: lumbar }
  - { condition: icd M54.16, onset: -30d, recorded: -25d }
  - { visit: office, date: -3d, reasons: icd M54.16 }
${REST}`,
    );
    expect(under(card, 'Questions on the way')).toEqual(['- Do the symptoms persist without significant improvement?']);
    expect(under(card, 'Still to be done')).toEqual([
      '- at least 6 weeks of treatment for the current episode (within the last 3 months). Next step: Start or document conservative treatment.',
      '- clinical re-evaluation, in person or by other contact (within 3 months). Next step: Arrange a re-evaluation.',
    ]);
  });
});

describe('what is not on file', () => {
  const RADICULAR = `id: radicular
title: Severe radicular pain, diabetes, an MRI of years ago
order: { study: "72148", date: "2024-11-20", reasons: icd M51.16 }
chart:
  - { condition: icd M51.16, onset: -20d, recorded: -18d }
  - { condition: icd E11.9, recorded: -5y }
  - { report: cpt 72148, date: -2y, result: abnormal }
  - { visit: office, date: -2d, reasons: icd M51.16 }
${REST}`;

  it('is told of a red flag for which diabetes alone is no reason to ask', () => {
    const { detail } = cardOf('cigna-evicore-spine', 'Cigna', RADICULAR);
    expect(detail).not.toContain('Is an infection of the spine present');
    expect(detail).toMatch(/Not documented either way: .*suspected spinal infection with a risk factor or sign;/);
  });

  it('makes no passage one about the patient, though a part of it is refuted', () => {
    expect(cardOf('cigna-evicore-spine', 'Cigna', RADICULAR).detail).not.toContain('hemangioma');
  });
});

describe('another MRI', () => {
  const SCAR = (device: string): string => `id: scar
title: Urgent discectomy, ordered with contrast
order: { study: "72158", date: "2025-11-20", reasons: icd M51.16, by: nucc 207T00000X }
chart:
  - { condition: icd M51.16, onset: -50d, recorded: -40d }
  - { visit: office, date: -1d, reasons: icd M51.16, specialty: nucc 207T00000X }
  - { order: cpt 63030, date: -1d, by: nucc 207T00000X, urgent: true, region: lumbar }
  - { device: snomed 14106009, safety: mrsafety ${device} }
${REST}`;
  const told = (device: string): Card =>
    cardOf('kaiser-wa-lumbar-mri', 'Kaiser Foundation Health Plan of Washington', SCAR(device));

  it('is not offered to a patient with a pacemaker that is MR unsafe', () => {
    const { detail, suggestions } = told('C106047');
    expect(detail).toContain(
      'Not offered as a change of the order, as contraindication to MRI is documented: MRI lumbar spine without contrast.',
    );
    expect(suggestions).toBeUndefined();
  });

  it('is offered with one that is MR conditional', () => {
    expect(told('C106046').suggestions?.map((s) => s.label)).toEqual([
      'Order 72148 instead: MRI lumbar spine without contrast',
    ]);
  });
});
