import type { Request, Response } from 'express';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { Interval } from '../dates/day.ts';
import type { FhirAccess } from '../ehr/fhir-access.ts';
import { sendPage } from '../web/page.ts';
import { choosePage, chosenOrder, chosenStudy, findOrders } from './choose-order.ts';
import { csrfMatches } from './csrf.ts';
import { launchedFrom, type TokenKeeper } from './launch-session.ts';
import { type Launched, SessionEnded } from './launched.ts';
import type { FindLaunchingEhr } from './launching-ehr.ts';
import type { OrderContext } from './order-context.ts';
import { prefixOf } from './pages.ts';
import { PROBLEMS, type Problem } from './problems.ts';
import { readSession } from './session-cookies.ts';
import type { LaunchRecord, SessionStore } from './session-store.ts';
import { field, redirect, type Surroundings } from './surroundings.ts';

export interface LaunchPagesOptions {
  readonly knowledge: Knowledge;
  readonly store: SessionStore;
  /** today, in the configured time zone */
  readonly today: () => Interval;
  /** for one call of the EHR by a page */
  readonly deadlineMs: number;
}

const FOUND = Symbol('launched');

interface Stash {
  [FOUND]?: { readonly launched: Launched; readonly record: LaunchRecord };
}

/** The launch of a request that was found before. */
export const launchedIn = (res: Response): Launched | undefined => (res.locals as Stash)[FOUND]?.launched;

/** What lies below the path of a launch: finding it in the browser's session, and the choice of its order. */
export class LaunchPages {
  readonly #options: LaunchPagesOptions;
  readonly #around: Surroundings;
  readonly #findEhr: FindLaunchingEhr;
  readonly #keeper: TokenKeeper;

  constructor(options: LaunchPagesOptions, around: Surroundings, findEhr: FindLaunchingEhr, keeper: TokenKeeper) {
    this.#options = options;
    this.#around = around;
    this.#findEhr = findEhr;
    this.#keeper = keeper;
  }

  /** Finds the launch of the path in the browser's session; without one nothing of it is shown. */
  async find(req: Request<{ launchId: string }>, res: Response, next: () => void): Promise<void> {
    const session = readSession(req, this.#around.secure(req));
    const { store } = this.#options;
    const record = session === undefined ? undefined : await store.find(session, req.params.launchId);
    const found = record === undefined ? undefined : this.#findEhr(record.base);
    if (record === undefined || found === undefined) return this.#around.stop(res, PROBLEMS.sessionEnded);
    const launched = launchedFrom(record, found.ehr, found.privateNetwork, this.#keeper);
    (res.locals as Stash)[FOUND] = { launched, record };
    next();
  }

  /** The worksheet is about an order: without one it has to be chosen first. */
  needOrder(req: Request, res: Response, next: () => void): void {
    const launched = launchedIn(res);
    if (launched === undefined || launched.order !== undefined) return next();
    return redirect(res, `${this.#around.base(req)}/smart/launches/${launched.id}/orders`);
  }

  /** The page on which the order is chosen. */
  async orders(req: Request, res: Response): Promise<void> {
    const stashed = (res.locals as Stash)[FOUND];
    if (stashed === undefined) return;
    const { launched, record } = stashed;
    const { knowledge, today } = this.#options;
    const fhir = await this.#access(launched, res);
    if (fhir === undefined) return;
    const [found, patient] = await Promise.all([
      findOrders(launched, fhir, knowledge, today()),
      launched.needsBanner ? fhir.read('Patient', launched.patientId) : undefined,
    ]);
    const page = choosePage({
      launched,
      found,
      ...(patient !== undefined && { patient: patient.ok ? patient.value : {} }),
      studies: knowledge.studies.studies,
      stale: record.staleOrder === true,
      prefix: prefixOf(this.#around.base(req)),
    });
    sendPage(res, 200, page, { frameAncestors: launched.ehr.smart?.frameAncestors ?? [] });
  }

  /** The order was chosen: the worksheet is about it from now on. */
  async choose(req: Request, res: Response): Promise<void> {
    const launched = launchedIn(res);
    if (launched === undefined) return;
    if (!csrfMatches(launched, field(req, 'csrf'))) return this.#stop(res, PROBLEMS.csrf, launched);
    const order = await this.#choice(req, res, launched);
    if (res.headersSent) return;
    if (order === undefined) return this.#stop(res, PROBLEMS.badChoice, launched);
    await this.#options.store.update(launched.id, { order });
    redirect(res, `${this.#around.base(req)}/smart/launches/${launched.id}`);
  }

  async #choice(req: Request, res: Response, launched: Launched): Promise<OrderContext | undefined> {
    const { knowledge, today } = this.#options;
    const [order, study] = [field(req, 'order'), field(req, 'study')];
    if (order === undefined) return study === undefined ? undefined : chosenStudy(launched, study, knowledge, today());
    const fhir = await this.#access(launched, res);
    return fhir === undefined ? undefined : chosenOrder(launched, fhir, order, knowledge, today());
  }

  /** Access to the EHR; when it has ended, the page that says so is sent. */
  async #access(launched: Launched, res: Response): Promise<FhirAccess | undefined> {
    try {
      return await launched.access(AbortSignal.timeout(this.#options.deadlineMs));
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      this.#stop(res, PROBLEMS.sessionEnded, launched);
      return undefined;
    }
  }

  #stop(res: Response, problem: Problem, launched: Launched): void {
    this.#around.stop(res, problem, this.#findEhr(launched.base));
  }
}
