// Files of tests/fixtures, and values for calls that the types forbid.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** @param {string} name below tests/fixtures */
export const fixturePath = (name) => fileURLToPath(new URL(name, FIXTURES));

/** @param {string} name below tests/fixtures; *.gz is unpacked */
export function fixture(name) {
  const bytes = readFileSync(new URL(name, FIXTURES));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** @param {string} name below tests/fixtures */
export const fixtureText = (name) => fixture(name).toString();

/**
 * @param {string} name below tests/fixtures
 * @returns {Json}
 */
export const fixtureJson = (name) => JSON.parse(fixtureText(name));

/**
 * A value for a call that the types forbid and the test makes nevertheless.
 * @param {unknown} value
 * @returns {Untyped}
 */
export const wrong = (value) => value;
