import type { AnswerStore } from '../answer-store/answer-store.ts';
import { isObject, type Json, object, objects, text } from '../chart/json.ts';
import { answersIdentifier, isEarlier } from '../documentation/answers.ts';
import { normalBase } from '../ehr/ehr-registry.ts';
import type { FhirAccess, FhirProblem } from '../ehr/fhir-access.ts';
import { type Launched, SessionEnded } from '../smart/launched.ts';
import { type FormAnswers, isClinician, unsavedId } from './assess.ts';

/** Why answers were not saved. Whatever it is, they stay on the page. */
export type SaveProblem = 'nothing' | 'no-author' | 'ended' | 'forbidden' | 'conflict' | 'not-supported' | 'failed';

export type Saved =
  | {
      readonly kind: 'saved';
      /** in the EHR's chart, or in the store of this service */
      readonly where: 'chart' | 'here';
      /** the responses as they are on file now */
      readonly responses: readonly Json[];
    }
  | { readonly kind: 'not-saved'; readonly problem: SaveProblem };

const PROBLEM: Readonly<Record<FhirProblem, SaveProblem>> = {
  unauthorized: 'ended',
  forbidden: 'forbidden',
  'not-found': 'not-supported',
  conflict: 'conflict',
  refused: 'failed',
  'rate-limited': 'failed',
  'server-error': 'failed',
  'not-fhir': 'failed',
  deadline: 'failed',
  network: 'failed',
  'too-large': 'failed',
};

const notSaved = (problem: SaveProblem): Saved => ({ kind: 'not-saved', problem });

const versionOf = (resource: Json | undefined): string | undefined => text(object(resource?.['meta'])?.['versionId']);

/** Do two responses say the same? */
const sameAnswers = (a: Json, b: Json): boolean => JSON.stringify(answered(a)) === JSON.stringify(answered(b));

/** Our forms nest items twice; what others nest deeper is no answer to them. */
const DEEPEST_ITEM = 10;

/** What a response says, without what servers add or order otherwise. */
function answered(response: Json): unknown {
  const told = (items: unknown, depth: number): unknown =>
    depth > DEEPEST_ITEM
      ? []
      : objects(items)
          .map((i) => [
            text(i['linkId']) ?? '',
            objects(i['answer']).map((a) => [
              text(object(a['valueCoding'])?.['code']) ?? text(a['valueDate']) ?? text(a['valueString']),
              told(a['item'], depth + 1),
            ]),
            told(i['item'], depth + 1),
          ])
          .sort((x, y) => String(x[0]).localeCompare(String(y[0])));
  return told(response['item'], 0);
}

/** The resource as it goes to the EHR: what stands for "not saved yet" is left out. */
function outgoing(response: Json, answers: FormAnswers): Json {
  const { id, ...rest } = response;
  return id === unsavedId(answers.form) ? rest : response;
}

/**
 * Saves the answers to one form: creates the response, or writes the next version of the one that is there. The identifier
 * keeps two saves from making two responses; a version that the page has not seen is a conflict.
 */
async function saveForm(answers: FormAnswers, response: Json, launched: Launched, fhir: FhirAccess): Promise<Saved> {
  const own = object(response['identifier']);
  const identifier = { system: text(own?.['system']) ?? '', value: text(own?.['value']) ?? '' };
  const token = `${identifier.system}|${identifier.value}`;
  const found = await fhir.search('QuestionnaireResponse', {
    patient: launched.patientId,
    identifier: token,
    _count: '20',
  });
  const there = found.ok ? found.value.resources.find((r) => isEarlier(r, identifier)) : answers.earlier;
  if (found.ok && there !== undefined && versionOf(there) !== versionOf(answers.earlier))
    return sameAnswers(there, response) ? { kind: 'saved', where: 'chart', responses: [there] } : notSaved('conflict');
  const body = outgoing(response, answers);
  const version = versionOf(there);
  const written =
    there === undefined
      ? await fhir.create(body, { identifier: token })
      : await fhir.update({ ...body, id: there['id'] }, version === undefined ? undefined : `W/"${version}"`);
  if (!written.ok) return notSaved(PROBLEM[written.problem]);
  const stored = { ...response, id: written.value.id };
  const back = await fhir.read('QuestionnaireResponse', written.value.id);
  if (!back.ok) return { kind: 'saved', where: 'chart', responses: [stored] };
  const kept = isObject(back.value) && sameAnswers(back.value, response);
  // the server found another response by the identifier, made in the meantime
  return kept ? { kind: 'saved', where: 'chart', responses: [back.value] } : notSaved('conflict');
}

async function saveInChart(answers: readonly FormAnswers[], launched: Launched, fhir: FhirAccess): Promise<Saved> {
  const responses: Json[] = [];
  for (const form of answers) {
    if (form.response === undefined) continue;
    const saved = await saveForm(form, form.response, launched, fhir);
    if (saved.kind === 'not-saved') return saved;
    responses.push(...saved.responses);
  }
  return { kind: 'saved', where: 'chart', responses };
}

/** How the ids of responses begin that only this service has. */
const KEPT = 'kept-';

/** So often answers are kept again, as others of the same order were kept in between. */
const MOST_TRIES = 5;

/**
 * Keeps the answers in the store of this service, with those that are there for the same order. As in an EHR's chart, a response
 * that is not the one that the page has seen is a conflict.
 * @param seen the responses that the page knew
 */
async function saveHere(
  answers: readonly FormAnswers[],
  launched: Launched,
  order: string,
  store: AnswerStore,
  seen: readonly Json[],
): Promise<Saved> {
  const of = { base: normalBase(launched.base), patientId: launched.patientId, order };
  const responses = answers.flatMap(({ form, response }): Json[] => {
    if (response === undefined) return [];
    const identifier = answersIdentifier(form, { ...of, about: order });
    return [{ ...response, id: response['id'] === unsavedId(form) ? `${KEPT}${identifier.value}` : response['id'] }];
  });
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const there = await store.read(of);
      const changed = responses.filter((r) => wasChanged(byId(there.answers, r), byId(seen, r)));
      if (changed.length > 0) {
        const same =
          changed.length === responses.length && changed.every((r) => saysTheSame(byId(there.answers, r), r));
        return same ? { kind: 'saved', where: 'here', responses } : notSaved('conflict');
      }
      const others = there.answers.filter((r) => byId(responses, r) === undefined);
      if (await store.keep(of, [...others, ...responses], there)) return { kind: 'saved', where: 'here', responses };
    }
  } catch {
    return notSaved('failed');
  }
  return notSaved('conflict');
}

const byId = (responses: readonly Json[], { id }: Json): Json | undefined => responses.find((r) => r['id'] === id);

const saysTheSame = (a: Json | undefined, b: Json): boolean => a !== undefined && sameAnswers(a, b);

/** Is something kept that the page has not seen? */
const wasChanged = (there: Json | undefined, seen: Json | undefined): boolean =>
  there !== undefined && !(seen !== undefined && sameAnswers(there, seen));

/**
 * Saves the page's answers: in the chart where the EHR takes them, else here where the registry allows it.
 * @param order the reference of the order that they were given for
 * @param seen the responses that were saved before, as far as the page knew them
 * @param signal ends the calls of the EHR
 */
export async function save(
  answers: readonly FormAnswers[],
  launched: Launched,
  order: string,
  store: AnswerStore | undefined,
  seen: readonly Json[],
  signal: AbortSignal,
): Promise<Saved> {
  if (answers.every((a) => a.response === undefined)) return notSaved('nothing');
  if (!isClinician(launched)) return notSaved('no-author');
  const { smart } = launched.ehr;
  const here = smart?.answerStore === true ? store : undefined;
  if (smart?.writesAnswers !== false) {
    const saved = await intoChart(answers, launched, signal);
    const elsewhere =
      saved.kind === 'not-saved' && (saved.problem === 'not-supported' || saved.problem === 'forbidden');
    if (!elsewhere || here === undefined) return saved;
  }
  return here === undefined ? notSaved('not-supported') : saveHere(answers, launched, order, here, seen);
}

async function intoChart(answers: readonly FormAnswers[], launched: Launched, signal: AbortSignal): Promise<Saved> {
  try {
    return await saveInChart(answers, launched, await launched.access(signal));
  } catch (error) {
    if (error instanceof SessionEnded) return notSaved('ended');
    throw error;
  }
}
