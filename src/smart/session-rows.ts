/** A pending launch as a shared store keeps it. */
export interface PendingRow {
  /** digest of its state */
  readonly key: string;
  readonly sealed: string;
  /** epoch milliseconds until which it serves */
  readonly until: number;
}

/** A launch as a shared store keeps it. */
export interface LaunchRow {
  /** digest of its id */
  readonly key: string;
  readonly sealed: string;
  /** counts its changes, so that none is lost between two processes */
  readonly version: number;
}

/** The times that decide what still holds, epoch milliseconds. */
export interface SessionTimes {
  readonly now: number;
  /** sessions that were used before this have ended */
  readonly usedSince: number;
  /** launches that were opened before this have ended */
  readonly openedSince: number;
}

/** A launch that is added to a browser's session. */
export interface Opening {
  /** digest of the browser's present session id, if it has one */
  readonly from?: string;
  /** digest of the id that leads to the session from now on */
  readonly to: string;
  /** until when the former id leads there too */
  readonly formerUntil: number;
  /** names the session, if it is a new one */
  readonly session: string;
  readonly launch: Omit<LaunchRow, 'version'>;
  /** launches of one session; the oldest give way */
  readonly most: number;
}

/** The rows behind sessions that several processes share: digests, times and sealed texts. */
export interface SessionRows {
  /** @param most beyond so many the oldest give way */
  keepPending(row: PendingRow, most: number): Promise<void>;
  takePending(key: string): Promise<PendingRow | undefined>;
  openSession(opening: Opening, times: SessionTimes): Promise<void>;
  /** The launch in the session that an id leads to; the session has been used now. */
  findLaunch(id: string, launch: string, times: SessionTimes): Promise<LaunchRow | undefined>;
  /** The launch, unless its session has ended; that does not count as use. */
  launchRow(launch: string, times: SessionTimes): Promise<LaunchRow | undefined>;
  /** @returns false when it was changed meanwhile, or has ended */
  changeLaunch(row: LaunchRow): Promise<boolean>;
  /** Reserves a launch for one process. @returns false while another has it */
  leaseLaunch(launch: string, now: number, until: number): Promise<boolean>;
  dropLaunch(launch: string): Promise<void>;
  endSession(id: string, times: SessionTimes): Promise<readonly LaunchRow[]>;
  /** Removes what has ended. @param pendingSince pending launches that ended before this */
  forgetSessions(times: SessionTimes, pendingSince: number): Promise<void>;
}
