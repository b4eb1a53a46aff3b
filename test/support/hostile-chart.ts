import { isObject, type Json } from '../../src/chart/json.ts';

/** Strings that carry out something where they are taken for anything but text. */
const HOSTILE = [
  '<script>window.hacked=1;alert(1)</script>',
  '"><img src=x onerror="window.hacked=1;alert(1)">',
  "'><svg/onload=window.hacked=1>",
  'javascript:window.hacked=1//',
  '</pre></details><iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
  '{{constructor.constructor("window.hacked=1")()}}',
] as const;

/** Members that steer how a resource is read; everything else that is a string is text for people. */
const STEERING = new Set([
  'resourceType',
  'id',
  'reference',
  'system',
  'code',
  'status',
  'intent',
  'url',
  'use',
  'versionId',
  'lastUpdated',
  'gender',
  'unit',
]);
const DATE = /^\d{4}(-\d{2}(-\d{2}(T.*)?)?)?$/;

/** A resource with hostile strings in every text that people read. */
export function hostile<T extends Json>(resource: T): T {
  let turn = 0;
  const change = (value: unknown, name: string): unknown => {
    if (typeof value === 'string')
      return STEERING.has(name) || DATE.test(value) ? value : `${value} ${HOSTILE[turn++ % HOSTILE.length]}`;
    if (Array.isArray(value)) return value.map((v) => change(v, name));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, change(v, k)]));
  };
  const changed = change(resource, '') as Json;
  const texts = ['description', 'conclusion', 'title', 'comment'].map((n, i) => [n, HOSTILE[i % HOSTILE.length]]);
  return { ...Object.fromEntries(texts), ...changed } as unknown as T;
}
