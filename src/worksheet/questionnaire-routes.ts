import cors from 'cors';
import { type Request, type Response, Router } from 'express';
import type { Questionnaire } from 'fhir/r4.js';
import type { Checker } from '../criteria-check/order-check.ts';
import type { Calendar } from '../dates/day.ts';
import { type Form, formOf, questionnaireOf } from '../documentation/questionnaire.ts';
import { REGIONS } from '../policy/fact-source.ts';
import { dataHeaders } from '../web/data-headers.ts';

/** Where our forms are served as FHIR. */
export const QUESTIONNAIRES_PATH = '/fhir/Questionnaire';

export interface QuestionnaireOptions {
  readonly checker: Checker;
  readonly calendar: Calendar;
}

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

/** One form, with whether its policy text decides today. */
interface Served {
  readonly form: Form;
  readonly current: boolean;
}

/** The forms of every policy text, by region. */
function allForms({ checker, calendar }: QuestionnaireOptions): readonly Served[] {
  const { policies, vocabulary } = checker.knowledge;
  const today = calendar(Date.now());
  return policies.policies.flatMap((policy) =>
    [...REGIONS, undefined].flatMap((region) => {
      const form = formOf(policy, region, vocabulary, checker.canonical);
      return form.facts.length === 0 ? [] : [{ form, current: policies.inForce(policy.id, today) === policy }];
    }),
  );
}

const outcome = (code: string, text: string): unknown => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, details: { text } }],
});

const send = (res: Response, status: number, body: unknown): void => {
  res.status(status).type(FHIR_JSON).send(JSON.stringify(body));
};

/** The text in force goes before others, then the newest. */
const best = (found: readonly Served[]): Served | undefined => found.find((s) => s.current) ?? found.at(-1);

/** A query parameter that was given once. */
const one = (req: Request, name: string): string | undefined => {
  const value = req.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Serves our Questionnaires: by id, and by canonical URL (with `|version`, or `version=`). They hold no data of patients. */
export function questionnaireRoutes(options: QuestionnaireOptions): Router {
  const router = Router();
  const cached = new Map<Form, Questionnaire>();
  let forms: readonly Served[] | undefined;
  const all = (): readonly Served[] => {
    forms ??= allForms(options);
    return forms;
  };
  const resource = ({ form }: Served): Questionnaire => {
    const known = cached.get(form) ?? questionnaireOf(form);
    cached.set(form, known);
    return known;
  };
  router.use(dataHeaders('cross-origin'), cors({ origin: '*', methods: ['GET', 'HEAD'] }));
  router.get('/', (req, res) => {
    const canonical = one(req, 'url');
    if (canonical === undefined)
      return send(res, 400, outcome('required', 'expected the parameter url: the canonical URL of a Questionnaire'));
    const bar = canonical.indexOf('|');
    const url = bar < 0 ? canonical : canonical.slice(0, bar);
    const version = bar < 0 ? one(req, 'version') : canonical.slice(bar + 1);
    const found = all().filter((s) => s.form.url === url && (version === undefined || s.form.version === version));
    send(res, 200, {
      resourceType: 'Bundle',
      type: 'searchset',
      total: found.length,
      ...(found.length > 0 && {
        entry: found.map((s) => ({ fullUrl: s.form.url, resource: resource(s), search: { mode: 'match' } })),
      }),
    });
  });
  router.get('/:id', (req, res) => {
    const found = best(all().filter((s) => s.form.id === req.params.id));
    if (found === undefined) return send(res, 404, outcome('not-found', 'there is no Questionnaire with this id'));
    send(res, 200, resource(found));
  });
  return router;
}
