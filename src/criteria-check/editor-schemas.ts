import * as z from 'zod';
import { PayersFile } from '../coverage/payers.ts';
import { FactsFile } from '../facts/schema.ts';
import { PolicyFile } from '../policy/schema.ts';
import { StudiesFile } from '../policy/studies.ts';
import { CodeSetsFile } from '../terminology/code-set.ts';
import { VignettesFile } from '../vignettes/schema.ts';

/** The files that analysts edit, by the name of their schema. */
const FILES = {
  policy: { title: 'Policy of a payer', schema: PolicyFile },
  facts: { title: 'Facts of the shared vocabulary', schema: FactsFile },
  codes: { title: 'Code sets', schema: CodeSetsFile },
  studies: { title: 'Imaging studies', schema: StudiesFile },
  payers: { title: 'Payers and their policies', schema: PayersFile },
  vignettes: { title: 'Vignettes: clinical cases with the outcome that the source leads to', schema: VignettesFile },
} as const;

export type SchemaName = keyof typeof FILES;
export const SCHEMA_NAMES = Object.keys(FILES) as readonly SchemaName[];

/** The JSON Schema of a kind of file, for editors; made from the schema by which the file is checked. */
export function editorSchema(name: SchemaName): Readonly<Record<string, unknown>> {
  const { title, schema } = FILES[name];
  const { $schema, ...members } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { $schema, ...members, title };
}

/** The text of the file in which a schema is kept: `policies/<name>.schema.json`. */
export const schemaText = (name: SchemaName): string => `${JSON.stringify(editorSchema(name), null, 1)}\n`;
