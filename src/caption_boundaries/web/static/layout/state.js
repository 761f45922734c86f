// The state of the layout tool and how it changes. Pure: tested in Node.

import { float32, int32, int8, uint16 } from "../core/unpack.js";
import { findDoubts } from "./doubts.js";
import { countFrames, relabel } from "./labels.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Data} Data */

/** Labels in a row that were predicted rightly, from which on nothing more needs to be labelled. */
export const ENOUGH = 30;
/** Frames that must hold labels before that is said. */
export const ENOUGH_FRAMES = 8;

/** @param {string} video @param {any} answer @returns {Data} */
export function dataOf(video, answer) {
  const frame = int32(answer.boxes.frame);
  const first = new Int32Array(answer.frames.length + 1);
  for (const place of frame) first[place + 1] += 1;
  for (let place = 0; place < answer.frames.length; place += 1) first[place + 1] += first[place];
  return {
    video,
    pictures: answer.pictures,
    width: answer.width,
    height: answer.height,
    rate: answer.rate_hz,
    frames: answer.frames,
    failures: answer.failures,
    count: answer.boxes.count,
    frame,
    edges: float32(answer.boxes.edges),
    confidence: uint16(answer.boxes.confidence),
    texts: answer.boxes.texts,
    first,
  };
}

/** Returns the state when the page opens. @param {string} video @param {any} answer @returns {State} */
export function open(video, answer) {
  const data = dataOf(video, answer);
  const labels = int8(answer.labels);
  return {
    data,
    revision: answer.revision,
    stamp: answer.stamp,
    stored: labels,
    labels,
    odds: null,
    source: "",
    labelDoubts: [],
    doubts: [],
    kept: new Set(),
    agreed: 0,
    stats: countFrames(data, labels, null, []),
    strays: answer.strays,
    frame: 0,
    cursor: -1,
    anchor: -1,
    selection: new Set(),
    chosen: new Set(),
    view: "frame",
    scope: "frame",
    brush: "select",
    heat: "all",
    order: "time",
    search: "",
    sure: 0.99,
    crop: answer.crop,
    suggested: [],
    save: { state: "saved", message: "" },
    others: [],
    canUndo: answer.can_undo,
    canRedo: answer.can_redo,
    readOnly: answer.read_only,
    flashed: new Set(),
    history: null,
    offerRun: false,
    problem: null,
  };
}

/** Returns the state with what the server says of another's changes; where the person looks stays. @param {State} state @param {any} answer @param {object[]} pending @returns {State} */
export function reopened(state, answer, pending) {
  const fresh = open(state.data.video, answer);
  const { frame, cursor, view, scope, brush, heat, order, search, sure, kept, chosen, suggested } = state;
  const kept_ = { frame: Math.min(frame, fresh.data.frames.length - 1), view, scope, brush, heat, order, search, sure, kept, chosen };
  return overlaid(
    { ...fresh, ...kept_, suggested, cursor: cursor < fresh.data.count ? cursor : -1, odds: fits(state, fresh) ? state.odds : null },
    pending,
  );
}

/** @param {State} a @param {State} b */
function fits(a, b) {
  return a.data.count === b.data.count;
}

/** Returns the state with what is not acknowledged yet on top of what is. @param {State} state @param {any[]} pending @returns {State} */
export function overlaid(state, pending) {
  let labels = state.stored;
  for (const body of pending) if (body.put_in || body.put_out || body.clear) labels = relabel(labels, body);
  const doubts = findDoubts(state.data, labels, state.odds, state.labelDoubts).filter(
    (doubt) => !state.kept.has(keptKey(doubt, labels)),
  );
  return { ...state, labels, doubts, stats: countFrames(state.data, labels, state.odds, doubts) };
}

/** A doubt that was looked at and kept stays kept until the label is another one. @param {{box: number, kind: string}} doubt @param {Int8Array} labels */
export function keptKey(doubt, labels) {
  return `${doubt.kind}:${doubt.box}:${labels[doubt.box]}`;
}

/** Returns the state with what is thought of the boxes. @param {State} state @param {any} assessment @param {object[]} pending @returns {State} */
export function assessed(state, assessment, pending) {
  const odds = float32(assessment.odds);
  const next = {
    ...state,
    odds,
    source: assessment.source,
    labelDoubts: assessment.doubts,
    agreed: assessment.agreed,
    flashed: turned(state.odds, odds, state.labels),
  };
  return overlaid(next, pending);
}

/** Returns the unlabelled boxes whose prediction has turned. @param {Float32Array | null} before @param {Float32Array} now @param {Int8Array} labels */
function turned(before, now, labels) {
  const found = new Set();
  if (before) for (let box = 0; box < now.length; box += 1) if (!labels[box] && before[box] > 0 !== now[box] > 0) found.add(box);
  return found;
}

/** Returns the state after an action was acknowledged. @param {State} state @param {any} answer @param {object[]} pending @returns {State} */
export function answered(state, answer, pending) {
  const stored = state.stored.slice();
  answer.boxes.forEach((/** @type {number} */ box, /** @type {number} */ i) => (stored[box] = answer.labels[i]));
  const next = {
    ...state,
    stored,
    revision: Math.max(state.revision, answer.revision),
    crop: answer.crop,
    canUndo: answer.can_undo,
    canRedo: answer.can_redo,
    history: null,
  };
  return assessed(next, answer.assessment, pending);
}

/** Returns the state at another frame. @param {State} state @param {number} place @returns {State} */
export function goTo(state, place) {
  const frame = Math.max(0, Math.min(state.data.frames.length - 1, place));
  if (frame === state.frame) return state;
  const inFrame = (/** @type {number} */ box) => state.data.frame[box] === frame;
  const keeps = state.scope !== "frame" && state.selection.size > 0;
  return {
    ...state,
    frame,
    cursor: state.cursor >= 0 && inFrame(state.cursor) ? state.cursor : -1,
    anchor: -1,
    selection: keeps ? state.selection : new Set(),
    flashed: new Set(),
  };
}

/** Returns the state with the cursor on a box, in its frame. @param {State} state @param {number} box @returns {State} */
export function goToBox(state, box) {
  return { ...goTo(state, state.data.frame[box]), cursor: box, anchor: box, selection: new Set() };
}

/** Returns the position of a frame index, or of the last frame before it. @param {Data} data @param {number} index */
export function placeOf(data, index) {
  let place = data.frames.findLastIndex((other) => other <= index);
  if (place < 0) place = 0;
  return place;
}

/** Moves the cursor among the boxes of the frame; `extend` selects what it passes. @param {State} state @param {1 | -1} by @param {boolean} extend @returns {State} */
export function moveCursor(state, by, extend) {
  const first = state.data.first[state.frame];
  const last = state.data.first[state.frame + 1] - 1;
  if (last < first) return state;
  const from = state.cursor < 0 ? (by > 0 ? first - 1 : last + 1) : state.cursor;
  const cursor = Math.max(first, Math.min(last, from + by));
  if (!extend) return { ...state, cursor, anchor: cursor, selection: new Set() };
  const anchor = state.anchor < 0 ? Math.max(first, Math.min(last, from)) : state.anchor;
  const boxes = [];
  for (let box = Math.min(anchor, cursor); box <= Math.max(anchor, cursor); box += 1) boxes.push(box);
  return { ...state, cursor, anchor, selection: new Set(boxes) };
}

/** Returns the boxes that a mark would change: the selection, else the one under the cursor. @param {State} state @returns {number[]} */
export function targets(state) {
  if (state.selection.size) return [...state.selection].sort((a, b) => a - b);
  return state.cursor >= 0 ? [state.cursor] : [];
}

/** Returns whether a frame is in reach of a rectangle. @param {State} state @returns {(place: number) => boolean} */
export function inScope(state) {
  if (state.scope === "all") return () => true;
  if (state.scope === "selected") return (place) => state.chosen.has(place);
  return (place) => place === state.frame;
}

/** True once so many labels in a row were predicted rightly that more would teach little. @param {State} state */
export function enough(state) {
  if (state.source !== "model" || state.agreed < ENOUGH) return false;
  const frames = new Set();
  state.labels.forEach((code, box) => (code === 1 || code === 2) && frames.add(state.data.frame[box]));
  return frames.size >= Math.min(ENOUGH_FRAMES, state.data.frames.length);
}
