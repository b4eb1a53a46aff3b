import type { RequestListener } from 'node:http';
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { Knowledge } from '../criteria-check/knowledge.ts';
import type { EhrRegistry, Issuer } from '../ehr/ehr-registry.ts';
import { softwareVersion } from '../version.ts';
import { composeApp, type Surroundings } from './compose-app.ts';
import type { Config } from './config.ts';
import { type Folders, loadContent } from './content.ts';
import { type Lasting, openLasting } from './lasting.ts';

/** A further room of the house, which the start brings along: the sandbox. */
export interface Room {
  /** adds its routes */
  readonly mount: (app: Express, house: Pick<Service, 'knowledge' | 'registry'>) => void;
  /** who signs its hook calls; registered with the EHR of development */
  readonly issuer?: Issuer;
}

/** The service, loaded and ready to be served. */
export interface Service {
  /** answers a request with the content that is in force when it comes */
  readonly app: RequestListener;
  readonly knowledge: Knowledge;
  readonly registry: EhrRegistry;
  /** resolves when the stores have been opened or could not be */
  readonly opened: Promise<void>;
  /**
   * Reads all content again and checks it, while the service goes on with what it has.
   * @returns puts what was read in force, as a whole
   * @throws InvalidFileError, ConfigError; nothing has changed then
   */
  prepare(folders?: Folders): () => void;
  /** the measurements of this process */
  measured(): Promise<Measured>;
  /** Says "not ready" from now on, so that no new traffic is sent here. */
  drain(): void;
  /** Writes what waits for the store. */
  close(): Promise<void>;
}

/** Measurements of one process, as they travel between processes. */
export type Measured = Awaited<ReturnType<Lasting['metrics']['registry']['getMetricsAsJSON']>>;

/** Where a service is among others. */
export interface ServicePlace {
  /** where the processes of one machine keep what they share */
  readonly sharedFile?: string;
  /** the measurements of all processes as text; default: those of this one */
  readonly metricsText?: () => Promise<string>;
  /** where the content is, if not where the settings say */
  readonly folders?: Folders;
}

/**
 * Loads content and builds the application.
 * @param room a further room, e.g. the sandbox
 * @throws InvalidFileError with every problem as file:line:column, ConfigError
 */
export function createService(config: Config, logger: Logger, room?: Room, place: ServicePlace = {}): Service {
  let stopping = false;
  let content = loadContent(config, place.folders, room?.issuer);
  const lasting = openLasting(config, logger, place.sharedFile);
  const { registry } = lasting.metrics;
  const sample = (): void => {
    lasting.metrics.decisionQueue.set(lasting.log?.waiting ?? 0);
    lasting.metrics.decisionLag.set((lasting.log?.lagMs ?? 0) / 1000);
  };
  const around: Surroundings = {
    config,
    logger,
    lasting,
    engine: softwareVersion(),
    ready: () => !stopping,
    metricsText:
      place.metricsText ??
      (() => {
        sample();
        return registry.metrics();
      }),
    ...(room !== undefined && { mount: room.mount }),
  };
  let app = composeApp(content, around);
  return {
    app: (req, res) => app(req, res),
    get knowledge() {
      return content.knowledge;
    },
    get registry() {
      return content.registry;
    },
    opened: lasting.opened,
    prepare: (folders) => {
      const next = loadContent(config, folders ?? place.folders, room?.issuer);
      const nextApp = composeApp(next, around);
      return () => {
        content = next;
        app = nextApp;
      };
    },
    measured: () => {
      sample();
      return registry.getMetricsAsJSON();
    },
    drain: () => {
      stopping = true;
    },
    close: () => lasting.close(),
  };
}
