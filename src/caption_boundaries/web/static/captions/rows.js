// The captions and gaps of a video, in order. Pure: tested in Node.

/** @typedef {import("./types.js").Row} Row */

/** What is said where something needs a caption and there is a gap. */
export const NO_CAPTION = "This is a gap: make a caption of it first.";

/** @param {Row} row */
export const isGap = (row) => row.state === "gap";

/** True once a person has settled where it starts and ends. @param {Row} row */
export const extentsDone = (row) => (row.state === "confirmed" || row.state === "issue") && !row.pending;

/** True once a person has settled its text. @param {Row} row */
export const textDone = (row) => row.text !== null && !row.textPending && row.status !== null;

/** True where nothing is left to look at. @param {Row} row */
export const reviewed = (row) => (isGap(row) ? !row.pending : extentsDone(row) && textDone(row));

/**
 * Returns the position of the row that holds a frame; -1: none.
 * @param {readonly Row[]} rows by start, not overlapping
 * @param {number} frame
 */
export function placeAt(rows, frame) {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle].end < frame) low = middle + 1;
    else if (rows[middle].start > frame) high = middle - 1;
    else return middle;
  }
  return -1;
}

/** Returns the position of a row; -1: it is gone. @param {readonly Row[]} rows @param {number} id */
export function placeOf(rows, id) {
  return rows.findIndex((row) => row.id === id);
}

/**
 * Returns rows with some of them changed, added or gone, in order.
 * @param {readonly Row[]} rows
 * @param {readonly Row[]} changed
 * @param {readonly number[]} gone ids
 * @returns {Row[]}
 */
export function patched(rows, changed, gone) {
  const out = new Set([...gone, ...changed.map((row) => row.id)]);
  const kept = rows.filter((row) => !out.has(row.id));
  return [...kept, ...changed].sort((a, b) => a.start - b.start || a.end - b.end || a.id - b.id);
}

/**
 * Returns the nearest frame in a direction at which something begins or, if it is the last of a row, ends.
 * @param {readonly Row[]} rows
 * @param {number} frame
 * @param {1 | -1} direction
 * @returns {number} frame; -1: there is none
 */
export function nextBoundary(rows, frame, direction) {
  const starts = rows.map((row) => row.start);
  if (direction > 0) return starts.find((start) => start > frame) ?? -1;
  return starts.findLast((start) => start < frame) ?? -1;
}

/**
 * Returns the neighbours of a row in time, gaps too.
 * @param {readonly Row[]} rows
 * @param {number} place
 */
export function neighbours(rows, place) {
  return { before: rows[place - 1] ?? null, after: rows[place + 1] ?? null };
}

/**
 * Returns what counts of the work is done.
 * @param {readonly Row[]} rows
 */
export function progress(rows) {
  const captions = rows.filter((row) => !isGap(row));
  return {
    captions: captions.length,
    extents: captions.filter(extentsDone).length,
    text: captions.filter(textDone).length,
    pending: rows.filter((row) => row.pending || row.textPending).length,
  };
}

/** What people call the state of a row. @param {Row} row */
export function stateWords(row) {
  if (isGap(row)) return "gap";
  const extents = row.state === "predicted" ? "predicted" : row.state === "issue" ? "issue" : "confirmed";
  if (row.pending) return row.state === "confirmed" ? "to be confirmed" : `${extents}, look again`;
  return row.textPending ? `${extents}, text to be looked at` : extents;
}

/** The sign of a row: never by colour alone. @param {Row} row */
export function sign(row) {
  if (row.pending || row.textPending) return "↻";
  if (isGap(row)) return "·";
  if (row.state === "issue") return "!";
  if (reviewed(row)) return "✓";
  return extentsDone(row) || textDone(row) ? "◐" : "○";
}

/** What is shown as a row's text: a person's word, else what was read. @param {Row} row */
export function shownText(row) {
  return row.text ?? row.ocr ?? "";
}
