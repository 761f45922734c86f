// The state of the caption tool and how it changes. Pure: tested in Node.

import { uint16 } from "../core/unpack.js";
import { foretold } from "./editing.js";
import { patched, placeAt, placeOf } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */

/** Frames differ much from the one before where the track is at least this high. */
export const MUCH = 0.25;

/** @param {import("./types.js").WireRow} wire @returns {Row} */
export function rowOf(wire) {
  return {
    id: wire.id,
    start: wire.start_frame_index,
    end: wire.end_frame_index,
    state: wire.boundary_state,
    pending: Boolean(wire.boundary_pending),
    sure: wire.boundary_confidence,
    startSeconds: wire.start_seconds,
    endSeconds: wire.end_seconds,
    text: wire.text,
    textPending: Boolean(wire.text_pending),
    status: wire.text_status,
    notes: wire.text_notes ?? "",
    ocr: wire.text_ocr_combined,
    textSure: wire.text_confidence,
  };
}

/** Returns the rows of a table that came by columns. @param {string[]} columns @param {any[][]} table @returns {Row[]} */
export function rowsOf(columns, table) {
  return table.map((values) => rowOf(Object.fromEntries(columns.map((name, i) => [name, values[i]]))));
}

/** @param {string} video @param {any} answer @returns {import("./types.js").Data} */
function dataOf(video, answer) {
  const { crops } = answer;
  return {
    video,
    rate: answer.rate_hz,
    count: answer.last_index + 1,
    pictures: crops.version,
    width: crops.width || 480,
    height: crops.height || 48,
    ranges: crops.ranges,
    source: answer.source,
    formats: answer.formats,
    likelihood: null,
    difference: null,
    changes: [],
  };
}

/** Returns the state when the page opens. @param {string} video @param {any} answer @param {Partial<State>} [kept] what stays of an earlier state @returns {State} */
export function open(video, answer, kept = {}) {
  const rows = rowsOf(answer.columns, answer.rows);
  return {
    data: dataOf(video, answer),
    revision: answer.revision,
    stamp: answer.stamp,
    stored: rows,
    rows,
    review: answer.review,
    frame: 0,
    current: -1,
    edge: "start",
    view: "boundary",
    home: "boundary",
    step: "every",
    difference: true,
    changed: false,
    flicker: false,
    turn: false,
    loupe: false,
    fine: false,
    sources: { start: null, end: null },
    policy: "protect",
    pass: "both",
    order: "time",
    show: "all",
    search: "",
    queue: null,
    draft: null,
    readings: null,
    ghost: null,
    playing: 0,
    save: { state: "saved", message: "" },
    others: [],
    notices: answer.notices,
    canUndo: answer.can_undo,
    canRedo: answer.can_redo,
    readOnly: answer.read_only,
    history: null,
    ...kept,
  };
}

/** Returns what a person chose, to be kept when everything is loaded again. @param {State} state @returns {Partial<State>} */
export function choices(state) {
  const { frame, current, edge, view, home, step, difference, changed, loupe, policy, pass, order, show, search, draft, save, others } = state;
  return { frame, current, edge, view, home, step, difference, changed, loupe, policy, pass, order, show, search, draft, save, others };
}

/** Returns the state with the tracks below the timeline. @param {State} state @param {{first_index: number, likelihood: string, difference: string}} tracks @returns {State} */
export function tracked(state, tracks) {
  const likelihood = track(tracks.likelihood, tracks.first_index, state.data.count);
  const difference = track(tracks.difference, tracks.first_index, state.data.count);
  const loud = difference ?? likelihood;
  /** @type {number[]} */
  const changes = [];
  loud?.forEach((value, frame) => {
    if (value >= MUCH && frame > 0) changes.push(frame);
  });
  return { ...state, data: { ...state.data, likelihood, difference, changes } };
}

/** @param {string} packed @param {number} first @param {number} count */
function track(packed, first, count) {
  if (!packed) return null;
  const found = new Float32Array(count);
  uint16(packed).forEach((value, i) => {
    if (first + i < count) found[first + i] = value / 65535;
  });
  return found;
}

/** Returns the state with what is not acknowledged yet on top of what is. @param {State} state @param {any[]} pending @returns {State} */
export function overlaid(state, pending) {
  let { stored: rows } = state;
  for (const { change } of pending) if (change) rows = foretold(rows, change);
  return keepFocus({ ...state, rows });
}

/** Returns the state after the server has told what changed. @param {State} state @param {any} answer @param {any[]} pending @returns {State} */
export function answered(state, answer, pending) {
  const stored = answer.rows.length || answer.gone.length ? patched(state.stored, answer.rows.map(rowOf), answer.gone) : state.stored;
  return overlaid(
    {
      ...state,
      stored,
      revision: Math.max(state.revision, answer.revision),
      review: answer.review,
      canUndo: answer.can_undo,
      canRedo: answer.can_redo,
      ghost: null,
      history: null,
    },
    pending,
  );
}

/** Where the row in focus is gone, the one at the cursor takes its place. @param {State} state @returns {State} */
function keepFocus(state) {
  if (placeOf(state.rows, state.current) >= 0) return state;
  const row = state.rows[placeAt(state.rows, state.frame)];
  return { ...state, current: row ? row.id : -1, draft: null, readings: null };
}

/** Returns the row in focus. @param {State} state @returns {Row | undefined} */
export function currentRow(state) {
  return state.rows[placeOf(state.rows, state.current)];
}

/** @param {State} state @param {number} frame */
export function bounded(state, frame) {
  return Math.max(0, Math.min(state.data.count - 1, frame));
}

/** Returns the state with the cursor at another frame; the row in focus stays. @param {State} state @param {number} frame @returns {State} */
export function goTo(state, frame) {
  const next = bounded(state, frame);
  return next === state.frame ? state : { ...state, frame: next, ghost: null };
}

/** Returns the state with a row in focus, the cursor at its first frame unless told otherwise. @param {State} state @param {number} id @param {number} [frame] @returns {State} */
export function select(state, id, frame) {
  const row = state.rows[placeOf(state.rows, id)];
  if (!row) return state;
  const at = frame ?? row.start;
  const same = id === state.current;
  return {
    ...state,
    frame: bounded(state, at),
    current: id,
    edge: same ? state.edge : "start",
    view: same ? state.view : state.home,
    readings: same ? state.readings : null,
    sources: same ? state.sources : { start: null, end: null },
    draft: same ? state.draft : null,
    ghost: null,
  };
}

/** Returns the text that is in the field: what is typed, else what is stored, else what was read. @param {State} state */
export function fieldText(state) {
  const row = currentRow(state);
  if (!row) return "";
  if (state.draft?.id === row.id) return state.draft.text;
  return row.text ?? row.ocr ?? "";
}

/** Returns when a row starts and when it is gone, in seconds. @param {Row} row @param {number} rate */
export function moments(row, rate) {
  return { start: row.startSeconds ?? row.start / rate, end: row.endSeconds ?? (row.end + 1) / rate };
}
