import { type Day, type Interval, parseDate } from '../dates/day.ts';
import { start } from './element-dates.ts';
import { type NamedExamination, ORDER_STANDS_DAYS } from './examinations.ts';
import type { Json } from './json.ts';
import type { ReadContext } from './read-context.ts';
import { type Canonical, readFactObservation, readQuestionnaireResponse } from './readers/answer.ts';
import { readCondition, readFamilyHistory } from './readers/condition.ts';
import { readEncounter } from './readers/encounter.ts';
import {
  readCompletedStudy,
  readDiagnosticReport,
  readImaging,
  readImagingStudy,
  readNamedStudies,
} from './readers/imaging.ts';
import { readMedicationRequest, readMedicationStatement } from './readers/medication.ts';
import { readContainedResults, readObservation } from './readers/observation.ts';
import { readOpenOrder, readServiceRequest } from './readers/order.ts';
import { readAllergy, readDevice, readLead } from './readers/other.ts';
import { readProcedure } from './readers/procedure.ts';
import { readMedicationAdministration, readMedicationDispense } from './readers/supplied-drug.ts';
import type { AnswerRecord, ChartRecord, ImagingRecord, OpenOrder } from './records.ts';
import { refOf } from './references.ts';

/** What one resource says. */
export interface Read {
  readonly records: readonly (ChartRecord | undefined)[];
  readonly answers?: readonly AnswerRecord[];
  /** examinations of which no more may be on file */
  readonly named?: readonly NamedExamination[];
  /** it is ordered, and not done yet */
  readonly openOrder?: OpenOrder | undefined;
}

/** How the resources of one chart are read. */
export interface Reading {
  readonly ctx: ReadContext;
  readonly canonical: Canonical;
  /** the last day of what counts: that of the order */
  readonly asOf: Day | undefined;
}

/** Reads a resource by its type. @throws whatever a malformed one makes a reader throw */
export function readResource(r: Json, { ctx, canonical, asOf }: Reading): Read {
  const ref = refOf(r);
  switch (r['resourceType']) {
    case 'Condition':
      return { records: [readCondition(ctx, r, ref, asOf)] };
    case 'Procedure': {
      const procedure = readProcedure(ctx, r, ref);
      return { records: [procedure, ...further(ctx, r, r['code'], procedure?.when)] };
    }
    case 'Observation': {
      const answer = readFactObservation(ctx, r, ref, canonical);
      return { records: readObservation(ctx, r, ref), answers: answer === undefined ? [] : [answer] };
    }
    case 'DiagnosticReport': {
      const results = readContainedResults(ctx, r, ref);
      const when = start(r, 'effective') ?? parseDate(r['issued']);
      return { records: [readDiagnosticReport(ctx, r, ref), ...results, ...further(ctx, r, r['code'], when)] };
    }
    case 'ImagingStudy': {
      const images = readImagingStudy(ctx, r, ref);
      return { records: [images, ...further(ctx, r, r['procedureCode'], images?.when)] };
    }
    case 'MedicationRequest':
      return { records: [readMedicationRequest(ctx, r, ref)] };
    case 'MedicationStatement':
      return { records: [readMedicationStatement(ctx, r, ref)] };
    case 'MedicationDispense':
      return { records: [readMedicationDispense(ctx, r, ref)] };
    case 'MedicationAdministration':
      return { records: [readMedicationAdministration(ctx, r, ref)] };
    case 'ServiceRequest': {
      const study = readCompletedStudy(ctx, r, ref);
      return {
        records: [readServiceRequest(ctx, r, ref)],
        ...(study !== undefined && { named: [{ record: study, within: ORDER_STANDS_DAYS }] }),
        openOrder: readOpenOrder(ctx, r),
      };
    }
    case 'Encounter':
      return { records: [readEncounter(ctx, r, ref)] };
    case 'AllergyIntolerance':
      return { records: [readAllergy(ctx, r, ref)] };
    case 'Device':
      return { records: [readDevice(ctx, r, ref)] };
    case 'FamilyMemberHistory':
      return { records: [readFamilyHistory(ctx, r, ref)] };
    case 'QuestionnaireResponse':
      return { records: [], answers: readQuestionnaireResponse(r, ref, canonical) };
    case 'Claim':
    case 'ExplanationOfBenefit':
    case 'DocumentReference':
      return {
        records: [readLead(ctx, r, ref)],
        named: readNamedStudies(ctx, r, ref).map((record) => ({ record, within: 0 })),
      };
    case 'CarePlan':
      return { records: [readLead(ctx, r, ref)] };
    default:
      return { records: [] };
  }
}

/** What one report or examination says of a second part of the body. */
const further = (ctx: ReadContext, r: Json, code: unknown, when: Interval | undefined): readonly ImagingRecord[] =>
  r['status'] === 'preparation'
    ? []
    : ctx.concepts.furtherStudies(code).map((study) => readImaging(ctx, r, refOf(r), study, when));
