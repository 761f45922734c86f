// Which pictures are shown and where. Pure: tested in Node.

import { clockTenths, clockThousandths } from "../core/format.js";
import { placeOf } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Slot} Slot */

const GAP = 8;
const LABEL = 17;
const GUTTER = 104;
const METER = 56;
const MARGIN = 12;
/** Pixels of height from which the middle of the caption is shown too. */
const ROOMY = 260;
/** It is left out where it would make the others smaller than this share of what they are without it. */
const CROWDED = 0.7;
/** How large the neighbours of the strip are beside the frame at the cursor. */
const SMALLER = 0.62;

/**
 * Returns everything that is to be drawn.
 * @param {State} state
 * @param {{width: number, height: number}} size
 * @returns {Slot[]}
 */
export function slots(state, size) {
  if (!state.data.count) return [];
  return state.view === "strip" ? strip(state, size) : boundaries(state, size);
}

/**
 * Returns the frames of the strip: the one at the cursor in the middle, null where the video has none.
 * @param {State} state
 * @param {number} around how many on either side
 * @returns {(number | null)[]}
 */
export function stripFrames(state, around) {
  const { count, changes } = state.data;
  const inside = (/** @type {number} */ frame) => (frame >= 0 && frame < count ? frame : null);
  if (state.step !== "changes") {
    const by = { every: 1, second: 2, fifth: 5 }[state.step];
    return Array.from({ length: 2 * around + 1 }, (_, i) => inside(state.frame + (i - around) * by));
  }
  const before = changes.filter((frame) => frame < state.frame).slice(-around);
  const after = changes.filter((frame) => frame > state.frame).slice(0, around);
  const none = (/** @type {number} */ length) => Array.from({ length }, () => null);
  return [...none(around - before.length), ...before, state.frame, ...after, ...none(around - after.length)];
}

/** @param {State} state @param {{width: number, height: number}} size @returns {Slot[]} */
function strip(state, { width, height }) {
  const aspect = state.data.height / state.data.width;
  const room = Math.max(60, width - GUTTER - METER - 2 * MARGIN);
  // Two neighbours on either side have room, unless one wants to look closely.
  const tallest = state.loupe ? height * 0.6 : Math.max(height * 0.2, (height - 2 * MARGIN - 4 * GAP - 1) / (1 + 4 * SMALLER));
  const wide = Math.min(room, tallest / aspect, state.data.width * (state.loupe ? 4 : 2));
  const tall = wide * aspect;
  const small = { width: wide * SMALLER, height: Math.max(10, tall * SMALLER) };
  const around = Math.max(1, Math.min(12, Math.floor((height - 2 * MARGIN - tall) / 2 / (small.height + GAP))));
  const frames = stripFrames(state, around);
  /** @type {Slot[]} */
  const found = [];
  const middle = (height - tall) / 2;
  frames.forEach((frame, i) => {
    if (frame === null) return;
    const by = i - around;
    const current = by === 0;
    const [w, h] = current ? [wide, tall] : [small.width, small.height];
    const y = current ? middle : by < 0 ? middle + by * (small.height + GAP) : middle + tall + GAP + (by - 1) * (small.height + GAP);
    const x = MARGIN + GUTTER + (room - w) / 2;
    const difference = state.changed && !current && frame > 0;
    found.push({
      kind: difference ? "difference" : "crop",
      source: false,
      frame,
      other: difference ? frame - 1 : -1,
      label: String(frame),
      note: clockTenths(frame / state.data.rate),
      place: "beside",
      meter: state.data.difference ? state.data.difference[frame] ?? 0 : -1,
      current,
      edge: "",
      rect: { x, y, width: w, height: h },
    });
  });
  return found;
}

/**
 * Returns the frames on either side of a row's start and of its end.
 * @param {State} state
 * @returns {{edge: "start" | "end", before: number, after: number}[]} -1: the video has no such frame
 */
export function pairs(state) {
  const row = state.rows[placeOf(state.rows, state.current)];
  if (!row) return [];
  const next = row.end + 1;
  return [
    { edge: "start", before: row.start - 1, after: row.start },
    { edge: "end", before: row.end, after: next < state.data.count ? next : -1 },
  ];
}

/** @param {State} state @param {{width: number, height: number}} size @returns {Slot[]} */
function boundaries(state, size) {
  let sides = pairs(state);
  if (state.loupe) sides = sides.filter((side) => side.edge === state.edge);
  if (!sides.length) return [];
  const each = (state.flicker ? 1 : 2) + (state.difference ? 1 : 0);
  const aspect = state.data.height / state.data.width;
  const row = state.rows[placeOf(state.rows, state.current)];
  const largest = state.data.width * (state.loupe ? 4 : 2);
  const below = state.loupe || size.height < ROOMY ? null : middleSlot(state, row, size, aspect);
  const above = { width: size.width, height: size.height - (below ? below.rect.height + LABEL + GAP : 0) };
  const alone = arrangement(sides.length, each, size, aspect, largest);
  const shared = arrangement(sides.length, each, above, aspect, largest);
  // The edges are what is judged: their pictures do not become tiny for the sake of the one in the middle.
  const crowded = shared.width < CROWDED * alone.width;
  const [middle, room] = crowded ? [null, size] : [below, above];
  const { columns, width, height } = crowded ? alone : shared;
  const rows = columns === 1 ? sides.length * each : each;
  const tall = height + LABEL;
  const between = columns === 1 && sides.length > 1 ? GAP : 0;
  const top = Math.max(MARGIN, (room.height - rows * (tall + GAP) - between + GAP) / 2);
  /** @type {Slot[]} */
  const found = [];
  sides.forEach((side, number) => {
    const left = columns === 1 ? (size.width - width) / 2 : MARGIN + number * (size.width / 2) + (size.width / 2 - 2 * MARGIN - width) / 2;
    const first = columns === 1 ? number * each : 0;
    contents(state, side).forEach((slot, i) => {
      const y = top + (first + i) * (tall + GAP) + (columns === 1 && number ? between : 0) + LABEL;
      found.push({ ...slot, rect: { x: left, y, width, height } });
    });
  });
  if (middle) found.push(middle);
  return found;
}

/** The middle of the caption, large and next to its text. @param {State} state @param {import("./types.js").Row} row @param {{width: number, height: number}} size @param {number} aspect @returns {Slot} */
function middleSlot(state, row, size, aspect) {
  const width = Math.min(size.width - 2 * MARGIN, state.data.width * 1.5, (size.height * 0.36) / aspect);
  const height = width * aspect;
  const frame = (row.start + row.end) >> 1;
  const rect = { x: (size.width - width) / 2, y: size.height - MARGIN - height, width, height };
  const note = clockTenths(frame / state.data.rate);
  return { kind: "crop", source: false, frame, other: -1, label: `middle · ${frame}`, note, place: "above", meter: -1, current: false, edge: "", rect };
}

const NAMES = { start: ["last before", "first of this"], end: ["last of this", "first after"] };

/** @param {State} state @param {{edge: "start" | "end", before: number, after: number}} side @returns {Omit<Slot, "rect">[]} */
function contents(state, side) {
  const { edge } = side;
  const both = state.fine && state.data.source.available ? sourcePair(state, edge) : storedPair(state, side);
  const [a, b] = both;
  /** @type {Omit<Slot, "rect">[]} */
  const found = state.flicker ? [(state.turn && b.frame >= 0) || a.frame < 0 ? b : a] : [...both];
  if (state.difference) {
    const known = a.frame >= 0 && b.frame >= 0;
    found.push({ ...b, kind: "difference", frame: known ? b.frame : -1, other: known ? a.frame : -1, label: known ? "difference" : "no difference: the video ends here", note: "" });
  }
  return found;
}

/** @param {State} state @param {{edge: "start" | "end", before: number, after: number}} side */
function storedPair(state, { edge, before, after }) {
  return [before, after].map((frame, i) => {
    const label = frame < 0 ? `${NAMES[edge][i]}: the video ends here` : `${NAMES[edge][i]} · ${frame}`;
    return plain(state, edge, false, frame, label, frame < 0 ? "" : clockTenths(frame / state.data.rate));
  });
}

/** @param {State} state @param {"start" | "end"} edge */
function sourcePair(state, edge) {
  const sources = state.sources[edge];
  const at = sources ? sources.frames.findIndex((frame) => frame.number === sources.current) : -1;
  return [at - 1, at].map((place, i) => {
    const found = at >= 0 ? sources?.frames[place] : undefined;
    const label = found ? `${NAMES[edge][i]} · picture ${found.number}` : `${NAMES[edge][i]}: ${sources ? "no picture" : "…"}`;
    return plain(state, edge, true, found ? found.number : -1, label, found ? clockThousandths(found.seconds) : "");
  });
}

/** @param {State} state @param {"start" | "end"} edge @param {boolean} source @param {number} frame @param {string} label @param {string} note @returns {Omit<Slot, "rect">} */
function plain(state, edge, source, frame, label, note) {
  return { kind: "crop", source, frame, other: -1, label, note, place: "above", meter: -1, current: edge === state.edge, edge };
}

/**
 * Returns the arrangement in which pictures are largest: start and end beside each other, or one above the other.
 * @param {number} sides
 * @param {number} each pictures of one side
 * @param {{width: number, height: number}} size
 * @param {number} aspect height by width of a picture
 * @param {number} largest pixels of width
 */
export function arrangement(sides, each, size, aspect, largest) {
  const fit = (/** @type {number} */ columns) => {
    const rows = (sides / columns) * each;
    const across = size.width / columns - 2 * MARGIN;
    const down = (size.height - 2 * MARGIN - (columns === 1 && sides > 1 ? GAP : 0)) / rows - LABEL - GAP;
    const width = Math.max(24, Math.min(across, Math.max(8, down) / aspect, largest));
    return { columns, width, height: width * aspect };
  };
  const one = fit(1);
  const two = sides > 1 ? fit(2) : one;
  return two.width > one.width * 1.02 ? two : one;
}

/** Returns the frames by which a row is confirmed: those on either side of its edges, and its middle. @param {import("./types.js").Row} row */
export function essential({ start, end }) {
  return [start - 1, start, (start + end) >> 1, end, end + 1];
}

/** Returns the frames around the cursor, the nearest first. @param {State} state @returns {number[]} */
export function around(state) {
  return stripFrames(state, 8)
    .filter((frame) => frame !== null)
    .sort((a, b) => Math.abs(a - state.frame) - Math.abs(b - state.frame));
}
