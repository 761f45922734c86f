// Draws boxes and rectangles. Not by colour alone: captions are solid, others dashed with a cross; a person's word is
// thick, a prediction thin. A dark line under a light one is seen on any picture.

import { saysIn } from "./labels.js";
import { toCanvas } from "./geometry.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Rect} Rect */
/** @typedef {import("./geometry.js").Transform} Transform */

export const COLORS = { in: "#5ab4ff", out: "#ffa24d", crop: "#ffffff", draft: "#ffe066", under: "rgba(8, 12, 18, 0.85)" };

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number} aspect
 * @param {Rect} rect
 */
export function placed(context, transform, aspect, rect) {
  const from = toCanvas(transform, aspect, rect.left, rect.top);
  const to = toCanvas(transform, aspect, rect.right, rect.bottom);
  return { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {State} state
 * @param {number} box
 * @param {{x: number, y: number, width: number, height: number}} at
 */
export function paintBox(context, state, box, at) {
  const inside = saysIn(state.labels, state.odds, box);
  const human = state.labels[box] !== 0;
  const unknown = !human && !state.odds;
  const color = unknown ? "#d5dbe3" : inside ? COLORS.in : COLORS.out;
  if (state.selection.has(box)) fill(context, at, color, 0.38);
  else if (state.flashed.has(box)) fill(context, at, color, 0.26);
  else if (human) fill(context, at, color, 0.1);
  context.setLineDash([]);
  context.lineWidth = (human ? 3 : 1.5) + 2;
  context.strokeStyle = COLORS.under;
  context.strokeRect(at.x, at.y, at.width, at.height);
  context.setLineDash(inside || unknown ? [] : [6, 4]);
  context.lineWidth = human ? 3 : 1.5;
  context.strokeStyle = color;
  context.strokeRect(at.x, at.y, at.width, at.height);
  context.setLineDash([]);
  if (!inside && !unknown) cross(context, at, color, human);
  if (box === state.cursor) ring(context, at);
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, width: number, height: number}} at @param {string} color @param {number} alpha */
function fill(context, at, color, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.fillRect(at.x, at.y, at.width, at.height);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, width: number, height: number}} at @param {string} color @param {boolean} human */
function cross(context, at, color, human) {
  const size = Math.min(9, at.height / 2, at.width / 2);
  const [x, y] = [at.x + at.width, at.y];
  for (const [width, style] of /** @type {[number, string][]} */ ([[human ? 5 : 4, COLORS.under], [human ? 2.5 : 1.5, color]])) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    context.moveTo(x - size - 3, y + 3);
    context.lineTo(x - 3, y + size + 3);
    context.moveTo(x - 3, y + 3);
    context.lineTo(x - size - 3, y + size + 3);
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, width: number, height: number}} at */
function ring(context, at) {
  for (const [width, style, dash] of /** @type {[number, string, number[]][]} */ ([[4, COLORS.under, []], [2, "#ffffff", [4, 3]]])) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.setLineDash(dash);
    context.strokeRect(at.x - 5, at.y - 5, at.width + 10, at.height + 10);
  }
  context.setLineDash([]);
}

/**
 * Draws the rectangles to crop, with handles, and darkens what is outside.
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, width: number, height: number}[]} at
 * @param {boolean[]} drawn which of them a person has drawn
 * @param {{x: number, y: number, width: number, height: number}} frame
 */
export function paintCrop(context, at, drawn, frame) {
  if (!at.length) return;
  context.fillStyle = "rgba(8, 12, 18, 0.32)";
  context.beginPath();
  context.rect(frame.x, frame.y, frame.width, frame.height);
  for (const rect of at) context.rect(rect.x, rect.y, rect.width, rect.height);
  context.fill("evenodd");
  at.forEach((rect, place) => {
    for (const [width, style] of /** @type {[number, string][]} */ ([[4, COLORS.under], [1.5, drawn[place] ? COLORS.draft : COLORS.crop]])) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.strokeRect(rect.x, rect.y, rect.width, rect.height);
    }
    for (const handle of handles(rect)) {
      context.fillStyle = drawn[place] ? COLORS.draft : COLORS.crop;
      context.strokeStyle = COLORS.under;
      context.lineWidth = 1.5;
      context.fillRect(handle.x - 4, handle.y - 4, 8, 8);
      context.strokeRect(handle.x - 4, handle.y - 4, 8, 8);
    }
  });
}

/**
 * Returns the handles of a rectangle: where they are and which edges they move.
 * @param {{x: number, y: number, width: number, height: number}} rect
 * @returns {{x: number, y: number, edges: import("./types.js").Edge[]}[]}
 */
export function handles({ x, y, width, height }) {
  const [right, bottom, middle, centre] = [x + width, y + height, y + height / 2, x + width / 2];
  return [
    { x, y, edges: ["left", "top"] },
    { x: right, y, edges: ["right", "top"] },
    { x, y: bottom, edges: ["left", "bottom"] },
    { x: right, y: bottom, edges: ["right", "bottom"] },
    { x, y: middle, edges: ["left"] },
    { x: right, y: middle, edges: ["right"] },
    { x: centre, y, edges: ["top"] },
    { x: centre, y: bottom, edges: ["bottom"] },
  ];
}

/**
 * Draws every box of all frames, the more of them the brighter.
 * @param {CanvasRenderingContext2D} context
 * @param {State} state
 * @param {Transform} transform
 * @param {number} aspect
 */
export function paintDensity(context, state, transform, aspect) {
  const { data, labels, odds, heat } = state;
  const { edges } = data;
  const [width, height] = [aspect * transform.scale, transform.scale];
  // Few frames must be seen as well as many must not all be white.
  const alpha = Math.max(0.012, Math.min(0.35, 6 / Math.max(8, data.frames.length)));
  for (const inside of [false, true]) {
    if ((heat === "in" && !inside) || (heat === "out" && inside)) continue;
    context.fillStyle = inside ? COLORS.in : COLORS.out;
    context.globalAlpha = alpha;
    for (let box = 0; box < data.count; box += 1) {
      if (saysIn(labels, odds, box) !== inside) continue;
      if (heat === "uncertain" && (labels[box] !== 0 || !odds || Math.abs(odds[box]) > 2)) continue;
      const at = 4 * box;
      context.fillRect(
        transform.x + edges[at] * width,
        transform.y + edges[at + 1] * height,
        (edges[at + 2] - edges[at]) * width,
        (edges[at + 3] - edges[at + 1]) * height,
      );
    }
  }
  context.globalAlpha = 1;
}

/**
 * Outlines boxes of several frames on top of the density.
 * @param {CanvasRenderingContext2D} context
 * @param {State} state
 * @param {Transform} transform
 * @param {number} aspect
 */
export function paintSelected(context, state, transform, aspect) {
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1;
  context.globalAlpha = Math.max(0.15, Math.min(1, 60 / Math.max(1, state.selection.size)));
  for (const box of state.selection) {
    const at = 4 * box;
    const rect = placed(context, transform, aspect, {
      left: state.data.edges[at],
      top: state.data.edges[at + 1],
      right: state.data.edges[at + 2],
      bottom: state.data.edges[at + 3],
    });
    context.strokeRect(rect.x, rect.y, rect.width, rect.height);
  }
  context.globalAlpha = 1;
}
