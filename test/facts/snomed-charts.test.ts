import { describe, expect, it } from 'vitest';
import { condition, pain, procedure, value, visit } from '../support/lumbar-facts.ts';
import { concept, type Resource } from '../support/tiny-chart.ts';

const PAIN = pain('2026-01-01');
const RECENT = { onsetDateTime: '2026-02-25', recordedDate: '2026-02-25' };

const truth = (fact: string, resources: readonly Resource[]): string => value(fact, resources).truth;

describe('diagnoses that are in SNOMED CT alone', () => {
  it.each([
    ['vertebral-fracture', '15724005', 'fracture of the spine without injury of the cord'],
    ['vertebral-fracture', '17463000', 'lumbar fracture without injury of the cord'],
    ['spinal-fracture', '1734006', 'fracture of the spine with injury of the cord'],
    ['spine-injury', '282766005', 'injury of the lower back'],
    ['spine-injury', '207957008', 'closed lumbar fracture'],
    ['vertebral-fracture', '721426007', 'fracture of T12, next to the lumbar spine'],
    ['compression-fracture', '11311441000119109', 'osteoporotic lumbar fracture'],
    ['accident', '418399005', 'motor vehicle accident'],
    ['neurogenic-claudication', '303081002', 'neurogenic claudication'],
    ['demyelinating-event', '432521000124106', 'bilateral optic neuritis'],
    ['scoliosis-before-age-10', '20980008', 'infantile scoliosis'],
    ['motor-weakness', '102568007', 'paresis of a leg'],
    ['motor-weakness', '16018391000119104', 'paresis of the left leg'],
    ['degenerative-spine-disease', '84857004', 'herniation of a nucleus pulposus'],
    ['organ-transplant', '161665007', 'history of a renal transplant'],
    ['dialysis', '236435004', 'end stage renal failure on dialysis'],
    ['cancer', '457721000124104', 'metastatic lung cancer'],
    ['cancer', '461511000124101', 'cancer of the prostate that is not metastatic'],
    ['metastatic-cancer', '457721000124104', 'metastatic lung cancer'],
    ['cancer', '372064008', 'primary cancer of a breast'],
    ['cancer', '724060008', 'cancer of the right upper lobe'],
    ['cancer', '93214005', 'melanoma of the skin of the back'],
    ['metastatic-cancer', '315004001', 'metastasis of a breast cancer'],
    ['metastatic-cancer', '94657004', 'metastasis to the esophagus'],
    ['recent-bacterial-infection', '431737008', 'urinary tract infection'],
    ['recent-bacterial-infection', '200681001', 'cellulitis of a leg'],
    ['pain-medication-contraindicated', '128286008', 'chronic duodenal ulcer'],
    ['rheumatoid-arthritis', '287006005', 'rheumatoid arthritis of many joints'],
    ['fever', '271897009', 'fever on examination'],
    ['immunosuppression', '234645009', 'immunodeficiency due to a drug'],
    ['immunosuppression', '127034005', 'pancytopenia'],
    ['hiv', '1003684003', 'HIV infection, stage 3'],
    ['myelopathy', '135511000119105', 'myelopathy due to a malignant tumor'],
    ['rheumatoid-arthritis', '201764007', 'rheumatoid arthritis of the cervical spine'],
    ['iv-drug-use', '145121000119106', 'intravenous opioid abuse'],
    ['anticoagulant-therapy', '711150003', 'long-term use of an anticoagulant'],
    ['pain-medication-contraindicated', '433144002', 'chronic kidney disease, stage 3'],
    ['pain-medication-contraindicated', '700379002', 'chronic kidney disease, stage 3B'],
    ['pain-medication-contraindicated', '129151000119102', 'chronic kidney disease, stage 4, of hypertension'],
    ['pain-medication-contraindicated', '64121000', 'peptic ulcer with hemorrhage'],
    ['urological-cause', '266569009', 'hyperplasia of the prostate'],
    ['explaining-neurological-disease', '422504002', 'ischemic stroke'],
    ['abdominal-pain', '21522001', 'abdominal pain'],
    ['prior-spine-surgery', '161619009', 'history of spinal surgery'],
  ])('%s: %s, %s', (fact, code) => {
    expect(truth(fact, [PAIN, condition(`snomed ${code}`, RECENT)])).toBe('true');
  });

  it.each([
    ['motor-weakness', '299042006', 'weakness of a hand, and the lumbar spine'],
    ['vertebral-fracture', '89825003', 'thoracic fracture, and the lumbar spine'],
    ['spine-injury', '426646004', 'compression fracture, which may come from disease'],
    ['vertebral-fracture', '721420001', 'fracture of T6, and the lumbar spine'],
    ['cancer', '315058005', 'hereditary disposition to cancer of the colon'],
    ['cancer', '402532004', 'basal cell carcinoma'],
    ['cancer', '403896003', 'squamous cell carcinoma of the skin of a hand'],
    ['cancer', '278053004', 'intraductal carcinoma in situ of a breast'],
    ['metastatic-cancer', '372064008', 'primary cancer of a breast'],
    ['other-acute-fracture', '11304721000119108', 'stress fracture of a tibia'],
    ['dialysis', '46177005', 'end stage renal disease says nothing of dialysis'],
    ['pain-medication-contraindicated', '431856006', 'chronic kidney disease, stage 2'],
    ['urinary-retention-or-overflow', '236652008', 'retention after an operation'],
    ['organ-transplant', '161670000', 'history of a transplant of the cornea'],
    ['iv-drug-use', '5602001', 'opioid abuse says nothing of a needle'],
    ['metastatic-cancer', '461511000124101', 'a cancer of the prostate that is not metastatic'],
  ])('not %s: %s, %s', (fact, code) => {
    expect(truth(fact, [PAIN, condition(`snomed ${code}`, RECENT)])).toBe('unknown');
  });
});

describe('near misses in ICD-10-CM', () => {
  it.each([
    ['pain-medication-contraindicated', 'D68.0', 'true', 'von Willebrand disease'],
    ['pain-medication-contraindicated', 'D68.51', 'unknown', 'thrombophilia does not bleed'],
    ['pain-medication-contraindicated', 'D68.61', 'unknown', 'nor does the antiphospholipid syndrome'],
    ['accident', 'W55.12XA', 'true', 'struck by a horse'],
    ['accident', 'W55.01XA', 'unknown', 'bitten by a cat'],
    ['head-or-face-trauma', 'S00.83XA', 'true', 'contusion of the face'],
    ['head-or-face-trauma', 'S00.06XA', 'unknown', 'insect bite of the scalp'],
    ['sexual-dysfunction', 'N52.9', 'true', 'no cause stated'],
    ['sexual-dysfunction', 'N52.31', 'unknown', 'after prostatectomy'],
    ['coordination-symptom', 'H55.09', 'true', 'nystagmus'],
    ['coordination-symptom', 'H55.01', 'unknown', 'congenital nystagmus'],
  ])('%s, %s: %s, %s', (fact, code, expected) => {
    expect(truth(fact, [condition(`icd ${code}`, RECENT)])).toBe(expected);
  });
  it('an insect bite is no injury of the neck, a contusion is one', () => {
    const injury = (code: string): string =>
      value('spine-injury', [condition(`icd ${code}`, RECENT)], { region: 'cervical' }).truth;
    expect(injury('S10.96XA')).toBe('unknown');
    expect(injury('S10.93XA')).toBe('true');
  });
});

describe('a transplantation', () => {
  it.each(['snomed 70536003', 'snomed 175902000', 'cpt 50360'])('is a procedure: %s', (code) => {
    expect(truth('organ-transplant', [procedure(code, '2019-04-01')])).toBe('true');
  });
  it('of the cornea is none of an organ', () => {
    expect(truth('organ-transplant', [procedure('cpt 65710', '2019-04-01')])).toBe('unknown');
  });
});

describe('neurogenic claudication', () => {
  it('is no problem of the neck', () => {
    const claudication = condition('snomed 303081002', RECENT);
    expect(value('degenerative-spine-disease', [claudication], { region: 'cervical' }).truth).toBe('unknown');
    expect(value('degenerative-spine-disease', [claudication]).truth).toBe('true');
  });
});

describe('fever', () => {
  it.each([
    ['R50.9', 'true'],
    ['R50.82', 'true'],
    ['R50.2', 'unknown'],
    ['R50.83', 'unknown'],
    ['R50.84', 'unknown'],
  ])('%s: %s', (code, expected) => {
    expect(truth('fever', [condition(`icd ${code}`, RECENT)])).toBe(expected);
  });
  it('is measured in the ear too', () => {
    const ear: Resource = {
      resourceType: 'Observation',
      status: 'final',
      code: concept('loinc 76011-6'),
      effectiveDateTime: '2026-03-01',
      valueQuantity: { value: 38.6, code: 'Cel' },
    };
    expect(truth('fever', [ear])).toBe('true');
  });
});

describe('orders in LOINC', () => {
  const ordered = (code: string): Resource => ({
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    authoredOn: '2026-03-01',
    code: concept(code),
  });
  it.each([
    ['brain-mri-ordered', 'loinc 24587-8'],
    ['brain-mri-ordered', 'cpt 70553'],
    ['ct-of-region-ordered', 'loinc 30620-9'],
    ['mri-of-region-ordered', 'loinc 24967-2'],
  ])('%s: %s', (fact, code) => {
    expect(truth(fact, [ordered(code)])).toBe('true');
  });
  it.each([
    ['brain-mri-ordered', 'loinc 24935-9'],
    ['ct-of-region-ordered', 'loinc 30592-0'],
    ['mri-of-region-ordered', 'loinc 24937-5'],
  ])('not %s: %s, another region', (fact, code) => {
    expect(truth(fact, [ordered(code)])).not.toBe('true');
  });
});

describe('implants', () => {
  it.each([
    ['706004007', 'cardiac-pacemaker'],
    ['72506001', 'implantable-defibrillator'],
  ])('Device %s: %s', (code, fact) => {
    const device: Resource = { resourceType: 'Device', status: 'active', type: concept(`snomed ${code}`) };
    expect(truth(fact, [device])).toBe('true');
  });
  it('replaced heart valves are implants', () => {
    expect(truth('implanted-device', [procedure('snomed 725351001', '2024-02-01')])).toBe('true');
  });
});

describe('a visit with a physical therapist of any kind', () => {
  it.each(['225100000X', '2251X0800X', '2251N0400X', '225200000X'])('%s is no clinical evaluation', (specialty) => {
    const session = visit('2026-02-20', 'icd M54.50', { serviceType: concept(`nucc ${specialty}`) });
    expect(value('in-person-evaluation', [PAIN, session], { within: { count: 30, unit: 'days' } }).truth).toBe(
      'unknown',
    );
  });
});
