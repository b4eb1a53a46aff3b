import type { Json } from '../../sandbox/ehr/wire.ts';

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object, or undefined. */
export const object = (value: unknown): Json | undefined => (isJson(value) ? value : undefined);
/** The objects of a list; none of anything else. */
export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
/** The string, or undefined. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
