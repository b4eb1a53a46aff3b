import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { sendProblem } from './operation-outcome.ts';

const JSON_TYPES = ['application/json', 'application/fhir+json', 'application/json+fhir', 'application/*+json'];
const UTF8 = /;\s*charset\s*=\s*"?utf-?8"?\s*(;|$)/i;

/** Only JSON in UTF-8 is read (RFC 8259, section 8.1); anything else is 415 rather than an undefined body. */
const onlyJson: RequestHandler = (req, res, next) => {
  const type = req.headers['content-type'];
  if (type === undefined || req.is(JSON_TYPES) === false)
    sendProblem(res, 415, 'not-supported', 'Content-Type', 'expected application/json');
  else if (type.includes('charset') && !UTF8.test(type))
    sendProblem(res, 415, 'not-supported', 'Content-Type', 'expected JSON in UTF-8');
  else next();
};

/** A byte order mark may be ignored (RFC 8259, section 8.1); some clients send one. */
const startsWithMark = (raw: Buffer): boolean => raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf;

/** The body in one piece: a streaming decoder would cost as much as the parsing does. */
const parse: RequestHandler = (req, res, next) => {
  const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  if (!isUtf8(raw)) {
    sendProblem(res, 400, 'structure', 'body', 'the body is not UTF-8');
    return;
  }
  try {
    req.body = JSON.parse(raw.toString('utf8', startsWithMark(raw) ? 3 : 0));
  } catch {
    sendProblem(res, 400, 'structure', 'body', 'the body is not valid JSON');
    return;
  }
  next();
};

/** Reads a JSON body. @param limit e.g. "10mb"; larger bodies are answered with 413 */
export const jsonBody = (limit: string): readonly RequestHandler[] => [
  onlyJson,
  express.raw({ limit, type: () => true, inflate: true }),
  parse,
];
