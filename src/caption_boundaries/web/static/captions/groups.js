// Captions that belong together. Pure: tested in Node.

import { isGap, shownText } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */

/** Captions further apart than this many frames are no repetition of one. */
export const APART = 2;

/**
 * Returns the captions that follow each other with the same text, as groups of ids.
 * @param {readonly Row[]} rows
 * @returns {number[][]}
 */
export function repeated(rows) {
  /** @type {Row[][]} */
  const groups = [];
  for (const row of rows) {
    if (isGap(row)) continue;
    const group = groups.at(-1);
    const last = group?.at(-1);
    const text = shownText(row).trim();
    if (group && last && text && shownText(last).trim() === text && row.start - last.end - 1 <= APART) group.push(row);
    else groups.push([row]);
  }
  return groups.filter((group) => group.length > 1).map((group) => group.map((row) => row.id));
}

/**
 * Returns the captions that a shift reaches.
 * @param {State} state
 * @param {string} reach
 */
export function reached(state, reach) {
  const captions = state.rows.filter((row) => !isGap(row));
  if (reach === "all") return captions.map((row) => row.id);
  if (reach === "this") return captions.filter((row) => row.id === state.current).map((row) => row.id);
  return captions.filter((row) => row.end >= state.frame).map((row) => row.id);
}
