import type { Questionnaire, QuestionnaireItem } from 'fhir/r4.js';
import { describe, expect, it } from 'vitest';
import { formOf, questionnaireOf, versionedUrl } from '../../src/documentation/questionnaire.ts';
import { compilePolicyText } from '../../src/policy/compile.ts';
import type { CompiledPolicy } from '../../src/policy/compiled-policy.ts';
import { REGIONS, type Region } from '../../src/policy/fact-source.ts';
import { atomRegion } from '../../src/policy/words.ts';
import { CANONICAL_BASE, checker } from '../support/knowledge.ts';
import { fhirErrors } from '../support/valid-fhir.ts';

const { knowledge, canonical } = checker();
const { policies } = knowledge.policies;
const formFor = (policy: CompiledPolicy, region: Region | undefined) =>
  formOf(policy, region, knowledge.vocabulary, canonical);
const policyOf = (id: string): CompiledPolicy => {
  const policy = policies.find((p) => p.id === id);
  if (policy === undefined) throw new Error(`there is no ${id}`);
  return policy;
};
/** The regions that a policy asks about. */
const regionsOf = (policy: CompiledPolicy): readonly Region[] =>
  REGIONS.filter((r) => policy.atoms.some((a) => a.kind !== 'age' && atomRegion(a) === r));

const itemsOf = (items: readonly QuestionnaireItem[] | undefined): readonly QuestionnaireItem[] =>
  (items ?? []).flatMap((i) => [i, ...itemsOf(i.item)]);

/** The invariants of R4 that the validator does not know: que-1, 2, 7, 11, 12, 13, and that conditions name questions. */
function brokenInvariants(questionnaire: Questionnaire): readonly string[] {
  const items = itemsOf(questionnaire.item);
  const ids = items.map((i) => i.linkId);
  return [
    ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `que-2: ${id} is there twice`),
    ...items.flatMap((i) => [
      ...((i.enableWhen?.length ?? 0) > 1 && i.enableBehavior === undefined ? [`que-12: ${i.linkId}`] : []),
      ...((i.enableWhen ?? []).some((w) => !ids.includes(w.question)) ? [`${i.linkId} depends on no question`] : []),
      ...((i.enableWhen ?? []).some((w) => w.operator === 'exists' && w.answerBoolean === undefined)
        ? [`que-7: ${i.linkId}`]
        : []),
      ...(i.type === 'choice' && (i.answerOption ?? []).length === 0 ? [`${i.linkId} has no options`] : []),
      ...(i.answerOption !== undefined && i.initial !== undefined ? [`que-11: ${i.linkId}`] : []),
      ...(i.maxLength !== undefined && !['text', 'string', 'url'].includes(i.type) ? [`que-10: ${i.linkId}`] : []),
      ...((i.text ?? '') === '' ? [`${i.linkId} has no words`] : []),
    ]),
  ];
}

for (const policy of policies) {
  describe(`the form of ${policy.id}`, () => {
    for (const region of regionsOf(policy)) {
      it(`T146: about ${region} is a valid FHIR Questionnaire`, () => {
        const questionnaire = questionnaireOf(formFor(policy, region));
        expect(fhirErrors(questionnaire)).toEqual([]);
        expect(brokenInvariants(questionnaire)).toEqual([]);
        expect(questionnaire.id).toMatch(/^[A-Za-z0-9.-]{1,64}$/);
        expect(questionnaire.name).toMatch(/^[A-Z][A-Za-z0-9_]*$/);
        expect(questionnaire.url).toBe(`${CANONICAL_BASE}/Questionnaire/${policy.id}.${region}`);
        expect(questionnaire.subjectType).toEqual(['Patient']);
      });
    }

    it('asks every fact that the policy can miss, neutrally and under its code', () => {
      for (const region of regionsOf(policy)) {
        const { facts } = formFor(policy, region);
        expect(facts.length).toBeGreaterThan(0);
        for (const fact of facts) {
          expect(fact.code).toMatch(/^[a-z][a-z0-9-]*(\.(suspected|history))?$/);
          expect(knowledge.vocabulary.describe(fact.code.replace(/\..*/, ''))).toBeDefined();
          expect(fact.question).toMatch(/\?$/);
          expect(fact.question).not.toContain('this region');
        }
      }
    });
  });
}

describe('questions', () => {
  const questions = questionnaireOf(formFor(policyOf('cohere-spine-mri'), 'lumbar')).item ?? [];
  const choices = questions.filter((q) => q.type === 'choice');

  it('offer yes, no and not assessed, and prefer none', () => {
    expect(choices.length).toBeGreaterThan(20);
    for (const q of choices) {
      expect(q.answerOption?.map((o) => o.valueCoding?.code)).toEqual(['Y', 'N', 'not-assessed']);
      expect(q.answerOption?.some((o) => o.initialSelected === true)).toBe(false);
      expect(q.initial).toBeUndefined();
      expect(q.required).toBe(false);
    }
  });

  it('ask for the date and the finding of a yes and of a no alike', () => {
    for (const q of choices) {
      expect(q.item?.map((i) => i.linkId)).toEqual([`${q.linkId}/date`, `${q.linkId}/finding`]);
      for (const below of q.item ?? []) expect(below.enableWhen?.map((w) => w.answerCoding?.code)).toEqual(['Y', 'N']);
    }
  });

  it('about a history ask for the past too', () => {
    const asked = policies
      .flatMap((p) => regionsOf(p).flatMap((r) => formFor(p, r).facts))
      .filter((f) => f.code.endsWith('.history'));
    expect(asked.length).toBeGreaterThan(0);
    for (const fact of asked) expect(fact.question).toMatch(/\(now or in the past\)\?$/);
  });
});

describe('the version of a form', () => {
  it('follows from its content: the same policy has the same, another question another', () => {
    const policy = policyOf('kaiser-wa-lumbar-mri');
    const compiled = (text: string) => compilePolicyText('policy.yaml', text, knowledge.vocabulary, knowledge.studies);
    const version = (text: string): string => versionedUrl(formFor(compiled(text), 'lumbar'));
    expect(version(policy.text)).toBe(versionedUrl(formFor(policy, 'lumbar')));
    expect(version(policy.text)).toMatch(/\.lumbar\|2023-10-03-[0-9a-f]{8}$/);
    const changed = policy.text.replaceAll('neurogenic-claudication', 'fever');
    expect(changed).not.toBe(policy.text);
    expect(version(changed)).not.toBe(version(policy.text));
  });

  it('differs between regions, and a study without a region has a form of its own', () => {
    const cohere = policyOf('cohere-spine-mri');
    const ids = [...REGIONS, undefined].map((r) => formFor(cohere, r).id);
    expect(new Set(ids).size).toBe(5);
    expect(formFor(cohere, undefined).id).toBe('cohere-spine-mri');
  });
});
