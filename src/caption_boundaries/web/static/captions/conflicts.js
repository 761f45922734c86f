// Two people change the same captions: both versions in words, and what keeping one's own means. Pure: tested in Node.

import { clockTenths, plural } from "../core/format.js";
import { isGap, shownText } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Change} Change */

/**
 * Returns both versions of what two people changed, for the dialog.
 * @param {Row[]} mine
 * @param {Row[]} theirs
 * @param {Pick<State, "data">} state
 */
export function versions(mine, theirs, { data }) {
  const words = (/** @type {Row | undefined} */ row) => {
    if (!row) return "removed";
    const extents = `${clockTenths(row.start / data.rate)} – ${clockTenths((row.end + 1) / data.rate)}`;
    return isGap(row) ? `${extents}, gap` : `${extents}, ${row.state}: ${row.text === null ? "no text yet" : `“${row.text}”`}${row.status ? `, ${row.status.replaceAll("_", " ")}` : ""}`;
  };
  const ids = [...new Set([...mine, ...theirs].map((row) => row.id))];
  return ids.map((id) => {
    const [a, b] = [mine, theirs].map((rows) => rows.find((row) => row.id === id));
    const known = a ?? b;
    return { name: known ? shownText(known) || plural(known.end - known.start + 1, "frame") : "", mine: words(a), theirs: words(b) };
  });
}

/**
 * Returns what is to be done so that a person's version counts. Captions that somebody else has removed are made anew.
 * @param {Change} change what the person wanted
 * @param {Row[]} mine rows as it would have left them
 * @param {Row[]} theirs the same rows as they are
 * @returns {Change[]}
 */
export function restoring(change, mine, theirs) {
  const there = new Set(theirs.filter((row) => !isGap(row)).map((row) => row.id));
  const lost = mine.filter((row) => !isGap(row) && !there.has(row.id));
  if (!lost.some((row) => row.id > 0)) return [change]; // rows that the change itself would make have no number yet
  const gone = new Set(lost.map((row) => row.id));
  const left = /** @type {number[]} */ (change.ids ?? []).filter((id) => !gone.has(id));
  const anew = lost.map(({ start, end, text }) => ({ kind: "add", start_frame_index: start, end_frame_index: end, text, policy: "trim" }));
  return left.length ? [{ ...change, ids: left }, ...anew] : anew;
}
