/** A body that must be refused, and how. */
export interface HostileCall {
  readonly what: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** any of them */
  readonly statuses: readonly number[];
}

const json = (what: string, body: HostileCall['body'], ...statuses: readonly number[]): HostileCall => ({
  what,
  body,
  type: 'application/json',
  statuses,
});

/** Bodies that no client should send. @param good the body of a call that is in order */
export const hostileCalls = (good: string): readonly HostileCall[] => [
  json('nothing', '', 400),
  json('cut short', good.slice(0, good.length / 2), 400),
  json('not UTF-8', new Uint8Array([0x7b, 0xc0, 0x80, 0x7d]), 400),
  json('no object', '[1,2,3]', 400),
  json('another hook', good.replace('"order-select"', '"patient-view"'), 400),
  json('no context', '{"hook":"order-select","hookInstance":"6b7b8a3e-5b0c-4c2e-9a51-0f6f3cf5e1aa"}', 400),
  json('nested 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 400),
  json('a prototype', good.replace('{', '{"__proto__":{"hook":"x"},"constructor":{"prototype":{}},'), 200),
  // too slowly sent where the machine is busy
  json('beyond the limit', `"${'x'.repeat(11 << 20)}"`, 413, 408),
  { what: 'text', body: good, type: 'text/plain', statuses: [415] },
];
