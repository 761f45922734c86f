// In which order captions are looked at. Pure: tested in Node.

import { extentsDone, isGap, placeOf, reviewed, shownText, textDone } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */

/** True while the server's word is needed for the order. @param {Pick<State, "order" | "show">} state */
export function askServer({ order, show }) {
  return order !== "time" || show !== "all";
}

/**
 * Returns the rows of the list, in the chosen order.
 * @param {Pick<State, "rows" | "order" | "show" | "queue" | "search">} state
 * @returns {Row[]}
 */
export function listed(state) {
  const wanted = state.search.trim().toLowerCase();
  const fits = (/** @type {Row} */ row) => !wanted || `${shownText(row)}\n${row.notes}`.toLowerCase().includes(wanted);
  if (!state.queue || !askServer(state)) return state.rows.filter((row) => !isGap(row) && fits(row));
  const byId = new Map(state.rows.map((row) => [row.id, row]));
  /** @type {Row[]} */
  const found = [];
  for (const id of state.queue.ids) {
    const row = byId.get(id);
    if (row && fits(row)) found.push(row);
  }
  return found;
}

/** True where this pass of the work has something left to do. @param {Row} row @param {import("./types.js").Pass} pass */
export function isOpen(row, pass) {
  if (isGap(row)) return row.pending;
  if (pass === "extents") return !extentsDone(row);
  if (pass === "text") return !textDone(row);
  return !reviewed(row);
}

/**
 * Returns the next row of the list in a direction.
 * @param {State} state
 * @param {readonly Row[]} list
 * @param {1 | -1} direction
 * @param {boolean} openOnly leave out what is reviewed
 * @returns {Row | undefined}
 */
export function nextOf(state, list, direction, openOnly) {
  const fits = (/** @type {Row} */ row) => row.id !== state.current && (!openOnly || isOpen(row, state.pass));
  const at = placeOf(list, state.current);
  if (at >= 0) return direction > 0 ? list.slice(at + 1).find(fits) : list.slice(0, at).findLast(fits);
  // The row in focus is not in the list: by time, go on from the cursor; else begin at the front.
  if (state.order === "time") return direction > 0 ? list.find((row) => row.start > state.frame && fits(row)) : list.findLast((row) => row.start < state.frame && fits(row));
  return list.find(fits);
}

/**
 * Returns what a confirmation goes on to: the next that is open, then any that is open.
 * @param {State} state
 * @param {readonly Row[]} list
 */
export function afterConfirming(state, list) {
  return nextOf(state, list, 1, true) ?? list.find((row) => row.id !== state.current && isOpen(row, state.pass));
}

/** Returns how doubtful a row's edges are, 0 to 1. @param {Row} row */
export function doubt(row) {
  if (isGap(row) || extentsDone(row)) return 0;
  return (row.pending ? 0.5 : 0) + 0.5 * (1 - (row.sure ?? 0));
}

/** Returns the row with the most uncertain boundary, apart from the one in focus. @param {State} state @returns {Row | undefined} */
export function mostUncertain(state) {
  let best;
  let most = 0;
  for (const row of state.rows) {
    const value = row.id === state.current || isGap(row) || extentsDone(row) ? 0 : Math.max(1e-6, doubt(row));
    if (value > most) {
      best = row;
      most = value;
    }
  }
  return best;
}
