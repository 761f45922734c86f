// What an action will leave behind, told at once; the server's word replaces it when it comes. Pure: tested in Node.

import { patched, placeOf } from "./rows.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Change} Change */

/**
 * Returns the rows as an action will leave them, as far as that is known without the server.
 * @param {Row[]} rows
 * @param {Change} change
 * @returns {Row[]}
 */
export function foretold(rows, change) {
  const teller = TELLERS[change.kind];
  return teller ? teller(rows, change) : rows;
}

/** @type {Record<string, (rows: Row[], change: Change) => Row[]>} */
const TELLERS = {
  "set-edge": (rows, change) => {
    const row = rows[placeOf(rows, change.id)];
    if (!row || change.frame_index === undefined) return rows;
    return touched(extended(rows, row, { [change.edge]: change.frame_index }, change.policy), row);
  },
  nudge: (rows, change) => {
    const row = rows[placeOf(rows, change.id)];
    if (!row || !change.ticks) return rows;
    return touched(extended(rows, row, { [change.edge]: row[/** @type {"start" | "end"} */ (change.edge)] + change.ticks }, change.policy), row);
  },
  confirm: (rows, change) => {
    const row = rows[placeOf(rows, change.ids[0])];
    const moved = row && change.start_frame_index !== undefined ? extended(rows, row, { start: change.start_frame_index, end: change.end_frame_index }, change.policy) : rows;
    return edited(moved, change.ids, (old) => settled(old, change));
  },
  "set-text": (rows, change) =>
    edited(rows, [change.id], (row) => ({ ...row, text: change.text, textPending: false, status: change.text === null ? null : change.text_status ?? "valid_caption", notes: change.notes ?? row.notes })),
  "set-status": (rows, change) =>
    edited(rows, change.ids, (row) => ({
      ...row,
      state: change.boundary_state ?? row.state,
      pending: "boundary_pending" in change ? Boolean(change.boundary_pending) : row.pending,
      status: "text_status" in change ? change.text_status : row.status,
      textPending: "text_pending" in change ? Boolean(change.text_pending) : row.textPending,
    })),
  "set-notes": (rows, change) => edited(rows, [change.id], (row) => ({ ...row, notes: change.notes })),
  "no-text": (rows, change) => edited(rows, change.ids, (row) => ({ ...row, text: "", textPending: false, status: "valid_caption" })),
  delete: (rows, change) => edited(rows, change.ids, (row) => ({ ...row, state: "gap", text: null, status: null, pending: false, textPending: false })),
};

/** What a person has moved is theirs, and waits for their confirmation. @param {Row[]} rows @param {Row} moved */
function touched(rows, moved) {
  return moved.state === "predicted" ? edited(rows, [moved.id], (row) => ({ ...row, state: "confirmed", pending: true })) : rows;
}

/** @param {Row} row @param {Change} change @returns {Row} */
function settled(row, change) {
  const what = change.what ?? "both";
  const extents = what !== "text" ? { state: row.state === "gap" || row.state === "issue" ? row.state : /** @type {const} */ ("confirmed"), pending: false } : {};
  const text =
    what !== "extents" && row.state !== "gap"
      ? { text: change.text ?? row.text ?? row.ocr, textPending: false, status: change.text_status ?? /** @type {const} */ ("confirmed") }
      : {};
  return { ...row, ...extents, ...text, notes: change.notes ?? row.notes };
}

/** @param {Row[]} rows @param {number[]} ids @param {(row: Row) => Row} change */
function edited(rows, ids, change) {
  const wanted = new Set(ids);
  return rows.map((row) => (wanted.has(row.id) ? change(row) : row));
}

/**
 * Returns rows with one of them longer or shorter: what it covers is trimmed or goes, and confirmed ones stop it under
 * "protect". Rows that move aside under "push" are trimmed here until the server has told where they go.
 * @param {Row[]} rows
 * @param {Row} row
 * @param {{start?: number, end?: number}} edges
 * @param {import("./types.js").Policy} [policy]
 */
export function extended(rows, row, edges, policy = "protect") {
  const place = placeOf(rows, row.id);
  let start = Math.max(0, edges.start ?? row.start);
  let end = edges.end ?? row.end;
  if (start > end) return rows;
  if (policy === "protect") {
    const stops = (/** @type {Row} */ other) => other.state === "confirmed" || other.state === "issue";
    for (const other of rows.slice(0, place)) if (stops(other) && other.end >= start) start = other.end + 1;
    for (const other of rows.slice(place + 1)) if (stops(other) && other.start <= end) end = Math.min(end, other.start - 1);
  }
  /** @type {Row[]} */
  const changed = [{ ...row, start, end, ...(start !== row.start && { startSeconds: null }), ...(end !== row.end && { endSeconds: null }) }];
  /** @type {number[]} */
  const gone = [];
  for (const other of rows) {
    if (other.id === row.id || other.end < start || other.start > end) continue;
    if (other.start >= start && other.end <= end) gone.push(other.id);
    else if (other.start < start) changed.push({ ...other, end: start - 1, endSeconds: null, pending: other.state !== "gap" });
    else changed.push({ ...other, start: end + 1, startSeconds: null, pending: other.state !== "gap" });
  }
  return patched(rows, changed, gone);
}
