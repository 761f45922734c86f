// Drawing the timeline.

import { clock, clockTenths } from "../core/format.js";
import { isDark } from "../core/theme.js";
import { isGap, reviewed, shownText } from "./rows.js";
import * as scales from "./scale.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./scale.js").Scale} Scale */

const { ROWS } = scales;
const FONT = '11px system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif';
const LIGHT = {
  bg: "#ffffff", line: "#dde1e8", text: "#1a2029", muted: "#576172", gap: "#eceef2", predicted: "#d7e6f8", predictedLine: "#5b8fca",
  settled: "#d4ecdc", settledLine: "#2c8552", issue: "#fbe3c8", issueLine: "#b34700", focus: "#1d5fae", cursor: "#c02626",
  likelihood: "#6d56c0", difference: "#c27316", ghost: "#7a3cc2", hurt: "#b3261e",
};
const DARK = {
  bg: "#1b1f26", line: "#2d333d", text: "#e8ebf0", muted: "#a3adbb", gap: "#14171c", predicted: "#22354d", predictedLine: "#6ea3de",
  settled: "#1d3a2a", settledLine: "#63c68e", issue: "#44301a", issueLine: "#f5a04c", focus: "#7db4f5", cursor: "#ff7b72",
  likelihood: "#a895f0", difference: "#eaa24e", ghost: "#c9a2ff", hurt: "#f58a82",
};

/** @param {CanvasRenderingContext2D} context @param {State} state @param {Scale} scale @param {HTMLCanvasElement} canvas */
export function paintTimeline(context, state, scale, canvas) {
  const colors = isDark() ? DARK : LIGHT;
  const { clientWidth: width, clientHeight: height } = canvas;
  context.fillStyle = colors.bg;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "middle";
  paintRuler(context, state, scale, colors, height);
  context.fillStyle = colors.gap;
  context.fillRect(0, ROWS.blocks, width, ROWS.blocksEnd - ROWS.blocks);
  const touched = new Set([...(state.ghost?.gone ?? []), ...(state.ghost?.rows ?? []).map((row) => row.id)]);
  for (const row of inView(state.rows, scale)) if (!isGap(row)) paintBlock(context, state, row, scale, colors, touched.has(row.id));
  paintTrack(context, state.data.likelihood, scale, colors.likelihood, ROWS.likelihood, ROWS.likelihoodEnd, colors.line);
  paintTrack(context, state.data.difference, scale, colors.difference, ROWS.difference, ROWS.differenceEnd, colors.line);
  trackName(context, state.data.likelihood ? "boundary" : "boundary: not known", ROWS.likelihood, colors);
  trackName(context, state.data.difference ? "change" : "change: not known", ROWS.difference, colors);
  if (state.ghost) for (const row of state.ghost.rows) paintGhost(context, row, scale, state.ghost.hurt.includes(row.id) ? colors.hurt : colors.ghost);
  paintCursor(context, state, scale, colors, height);
}

/** Returns the rows that are in view. @param {readonly Row[]} rows @param {Scale} scale @returns {Row[]} */
export function inView(rows, scale) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].end + 1 < scale.first) low = middle + 1;
    else high = middle;
  }
  const end = scales.last(scale);
  const found = [];
  for (let place = low; place < rows.length && rows[place].start <= end; place += 1) found.push(rows[place]);
  return found;
}

/** @param {CanvasRenderingContext2D} context @param {State} state @param {Scale} scale @param {typeof LIGHT} colors @param {number} height */
function paintRuler(context, state, scale, colors, height) {
  const { step, frames } = scales.ticks(scale, state.data.rate);
  context.textAlign = "left";
  for (const frame of frames) {
    const x = Math.round(scales.toX(scale, frame)) + 0.5;
    context.fillStyle = colors.line;
    context.fillRect(x, 0, 1, height);
    context.fillStyle = colors.muted;
    const seconds = frame / state.data.rate;
    context.fillText(step < state.data.rate ? clockTenths(seconds) : clock(seconds), x + 4, ROWS.ruler / 2);
  }
}

/** @param {CanvasRenderingContext2D} context @param {State} state @param {Row} row @param {Scale} scale @param {typeof LIGHT} colors @param {boolean} faint */
function paintBlock(context, state, row, scale, colors, faint) {
  const x = scales.toX(scale, row.start);
  const width = Math.max(1, scales.toX(scale, row.end + 1) - x);
  const [top, height] = [ROWS.blocks + 2, ROWS.blocksEnd - ROWS.blocks - 4];
  const settled = row.state === "confirmed" && !row.pending;
  const [fill, line] = row.state === "issue" ? [colors.issue, colors.issueLine] : settled ? [colors.settled, colors.settledLine] : [colors.predicted, colors.predictedLine];
  context.globalAlpha = faint ? 0.4 : 1;
  context.fillStyle = fill;
  context.fillRect(x, top, Math.max(1, width - 1), height);
  context.fillStyle = line;
  context.fillRect(x, top, Math.min(2, width), height);
  if (width > 3) context.fillRect(x + width - 2, top, 1, height);
  if (width > 26) paintText(context, row, x, width, top, height, colors);
  // Predicted and uncertain edges carry a mark: not by colour alone.
  if (row.state === "predicted" && (row.sure ?? 0) < 0.8 && width > 8) {
    context.fillStyle = colors.issueLine;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x + 7, top);
    context.lineTo(x, top + 7);
    context.fill();
  }
  context.globalAlpha = 1;
  if (row.id !== state.current) return;
  context.strokeStyle = colors.focus;
  context.lineWidth = 2;
  context.strokeRect(x, top - 1, Math.max(2, width - 1), height + 2);
}

/** @param {CanvasRenderingContext2D} context @param {Row} row @param {number} x @param {number} width @param {number} top @param {number} height @param {typeof LIGHT} colors */
function paintText(context, row, x, width, top, height, colors) {
  const left = Math.max(0, x) + 6;
  context.save();
  context.beginPath();
  context.rect(left, top, x + width - left - 4, height);
  context.clip();
  context.textAlign = "left";
  context.fillStyle = colors.text;
  context.fillText(shownText(row).replaceAll("\n", " / ") || "–", left, top + height / 2 - 6);
  context.fillStyle = colors.muted;
  const word = row.pending || row.textPending ? "↻ look again" : row.state === "issue" ? "! issue" : reviewed(row) ? "✓" : row.state === "confirmed" ? "◐" : "○";
  context.fillText(word, left, top + height / 2 + 9);
  context.restore();
}

/** Draws the highest value of every pixel's frames. @param {CanvasRenderingContext2D} context @param {Float32Array | null} track @param {Scale} scale @param {string} color @param {number} top @param {number} bottom @param {string} line */
function paintTrack(context, track, scale, color, top, bottom, line) {
  context.fillStyle = line;
  context.fillRect(0, bottom, scale.width, 1);
  if (!track) return;
  context.fillStyle = color;
  const wide = Math.max(1, Math.min(3, scale.perFrame));
  let frame = Math.max(0, Math.floor(scale.first));
  const end = Math.min(track.length - 1, Math.ceil(scales.last(scale)));
  while (frame <= end) {
    const x = scales.toX(scale, frame);
    let most = 0;
    // All frames of one pixel make one bar.
    do most = Math.max(most, track[frame++]);
    while (frame <= end && scales.toX(scale, frame) < x + 1);
    if (most > 0.01) context.fillRect(x - wide / 2, bottom - most * (bottom - top), wide, most * (bottom - top));
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} name @param {number} top @param {typeof LIGHT} colors */
function trackName(context, name, top, colors) {
  context.textAlign = "left";
  const { width } = context.measureText(name);
  context.globalAlpha = 0.8;
  context.fillStyle = colors.bg;
  context.fillRect(0, top, width + 10, 14);
  context.globalAlpha = 1;
  context.fillStyle = colors.muted;
  context.fillText(name, 5, top + 7);
}

/** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scale} scale @param {string} color */
function paintGhost(context, row, scale, color) {
  if (isGap(row)) return;
  const x = scales.toX(scale, row.start);
  const width = scales.toX(scale, row.end + 1) - x;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.setLineDash([5, 3]);
  context.strokeRect(x + 1, ROWS.blocks + 1, Math.max(2, width - 2), ROWS.blocksEnd - ROWS.blocks - 2);
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {State} state @param {Scale} scale @param {typeof LIGHT} colors @param {number} height */
function paintCursor(context, state, scale, colors, height) {
  const x = scales.toX(scale, state.frame);
  context.fillStyle = colors.cursor;
  context.globalAlpha = 0.16;
  context.fillRect(x, 0, Math.max(2, scale.perFrame), height);
  context.globalAlpha = 1;
  context.fillRect(Math.round(x) - 0.5, 0, 1.5, height);
  const words = clockTenths(state.frame / state.data.rate);
  const wide = context.measureText(words).width + 10;
  const left = Math.max(0, Math.min(scale.width - wide, x - wide / 2));
  context.fillRect(left, 1, wide, 17);
  context.fillStyle = colors.bg;
  context.textAlign = "center";
  context.fillText(words, left + wide / 2, 10);
}
