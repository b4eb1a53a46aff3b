import { useRef, useState } from 'htm/preact';
import type { Exchange, HookReply, HookWish, SeenCall, Trace } from '../../sandbox/ehr/wire.ts';
import { type Api, wordsOf } from './ehr-api.ts';
import type { Traced } from './ehr-trace.ts';

const MOST_TRACED = 50;
const MOST_SEEN = 2_000;

/** A call that is on its way. */
export interface Asking {
  readonly hook: string;
  /** epoch milliseconds */
  readonly since: number;
}

/** The calls of this page to the service, and what the FHIR server saw of them. */
export interface Calls {
  readonly asking: Asking | undefined;
  /** the newest answer; an older one that comes later never takes its place */
  readonly reply: HookReply | undefined;
  /** why the page itself could not ask */
  readonly problem: string | undefined;
  /** newest first */
  readonly traced: readonly Traced[];
  readonly seen: readonly SeenCall[];
  readonly ask: (wish: HookWish) => Promise<HookReply | undefined>;
  /** asks beside the order entry: the answer is traced, not shown. @throws Problem */
  readonly askAside: (wish: HookWish, what: string) => Promise<HookReply>;
  /** @throws Problem */
  readonly tell: (hook: string, feedback: unknown) => Promise<Exchange>;
  /** forgets the answer, and whatever is on its way */
  readonly drop: () => void;
  readonly readTrace: () => Promise<void>;
}

export function useCalls(api: Api): Calls {
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const [reply, setReply] = useState<HookReply | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [traced, setTraced] = useState<readonly Traced[]>([]);
  const [seen, setSeen] = useState<readonly SeenCall[]>([]);
  const newest = useRef(0);
  const last = useRef(0);

  const keep = (one: Traced): void => setTraced((before) => [one, ...before].slice(0, MOST_TRACED));
  const readTrace = async (): Promise<void> => {
    const { calls } = await api.get<Trace>('trace', { after: String(last.current) });
    // two readings may overlap
    const fresh = calls.filter((c) => c.n > last.current);
    last.current = fresh.at(-1)?.n ?? last.current;
    if (fresh.length > 0) setSeen((before) => [...before, ...fresh].slice(-MOST_SEEN));
  };
  const readTraceSoon = (): void => {
    readTrace().catch(() => undefined);
  };

  const ask = async (wish: HookWish): Promise<HookReply | undefined> => {
    newest.current += 1;
    const mine = newest.current;
    const current = (): boolean => mine === newest.current;
    setAsking({ hook: wish.hook, since: Date.now() });
    try {
      const answer = await api.post<HookReply>('hook', wish);
      keep({ exchange: answer.exchange, late: !current() });
      if (!current()) return undefined;
      setReply(answer);
      setProblem(undefined);
      return answer;
    } catch (error) {
      if (current()) {
        setReply(undefined);
        setProblem(wordsOf(error));
      }
      return undefined;
    } finally {
      if (current()) setAsking(undefined);
      readTraceSoon();
    }
  };
  const askAside = async (wish: HookWish, what: string): Promise<HookReply> => {
    const answer = await api.post<HookReply>('hook', wish);
    keep({ exchange: { ...answer.exchange, what: `${answer.exchange.what}, ${what}` }, late: false });
    readTraceSoon();
    return answer;
  };
  const tell = async (hook: string, feedback: unknown): Promise<Exchange> => {
    const exchange = await api.post<Exchange>('feedback', { hook, feedback: [feedback] });
    keep({ exchange, late: false });
    return exchange;
  };
  const drop = (): void => {
    newest.current += 1;
    setAsking(undefined);
    setReply(undefined);
    setProblem(undefined);
  };
  return { asking, reply, problem, traced, seen, ask, askAside, tell, drop, readTrace };
}
