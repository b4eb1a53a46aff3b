import type { Request, Response } from 'express';
import type { EhrRegistry } from '../ehr/ehr-registry.ts';
import { setPageHeaders } from '../web/page.ts';
import type { LaunchingEhr } from './launching-ehr.ts';
import { type PageFrame, sendProblemPage } from './pages.ts';
import type { Problem } from './problems.ts';
import { readSent } from './session-cookies.ts';

export interface SurroundingsOptions {
  readonly registry: EhrRegistry;
  /** the base under which the browser of a request reaches the service */
  readonly baseOf: (req: Request) => string;
  /** told of each launch: "launched", or the code of what stopped it */
  readonly onLaunch: (result: string) => void;
}

/** What surrounds every answer of the app: where it is, who may frame it, and how it says that something stopped. */
export class Surroundings {
  readonly #options: SurroundingsOptions;

  constructor(options: SurroundingsOptions) {
    this.#options = options;
  }

  base(req: Request): string {
    return this.#options.baseOf(req);
  }

  secure(req: Request): boolean {
    return this.base(req).startsWith('https:');
  }

  /** A page that is about no launch may be framed by the EHR that the browser was sent to last, if any. */
  frame(req: Request, ehr?: LaunchingEhr): PageFrame {
    const last = readSent(req, this.secure(req))?.ehr ?? '';
    const smart = ehr?.ehr.smart ?? this.#options.registry.byId(last)?.smart;
    return { base: this.base(req), frameAncestors: smart?.frameAncestors ?? [] };
  }

  /** Ends a request at a page that says what stopped it. @param said the EHR's own words */
  stop(res: Response, problem: Problem, ehr?: LaunchingEhr, said?: string): void {
    this.#options.onLaunch(problem.code);
    sendProblemPage(res, problem, this.frame(res.req, ehr), said);
  }
}

/** Sends the browser on; neither the address nor its code goes along as a referrer. */
export function redirect(res: Response, url: string): void {
  setPageHeaders(res);
  res.redirect(303, url);
}

/** The value of a form field; a field that was sent twice has none. */
export function field(req: Request, name: string): string | undefined {
  const body: unknown = req.body;
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
