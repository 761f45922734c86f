// The rectangles to crop: what follows from the boxes, what a person has drawn, and what is cut. Pure: tested in Node.

import { area, overlap, rectOf } from "./geometry.js";

/** @typedef {import("./types.js").Rect} Rect */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {import("./types.js").DraftRegion} DraftRegion */
/** @typedef {import("./types.js").State} State */

/** Share of a box's area that may lie outside before it counts as cut. */
export const SLACK = 1e-3;
/** Smallest width and height of a rectangle. */
export const SMALLEST = 0.01;
/** @type {Edge[]} */
export const EDGES = ["left", "top", "right", "bottom"];

/**
 * Returns the rectangles that count now: those drawn, their free edges following the boxes; else the approved ones;
 * else those that follow from the boxes.
 * @param {Pick<State, "crop" | "suggested">} state
 * @returns {DraftRegion[]}
 */
export function shown({ crop, suggested }) {
  if (crop.draft.length) return crop.draft.map((drawn) => followed(drawn, suggested));
  const base = crop.approved ? crop.regions : suggested.length ? suggested : crop.regions;
  return base.map((region) => ({ ...edgesOf(region), locked: crop.approved ? EDGES.slice() : [] }));
}

/** @param {Rect} rect @returns {Rect} */
export function edgesOf({ left, top, right, bottom }) {
  return { left, top, right, bottom };
}

/** @param {DraftRegion} drawn @param {Rect[]} suggested @returns {DraftRegion} */
function followed(drawn, suggested) {
  let best = edgesOf(drawn);
  let most = 0;
  for (const rect of suggested) {
    if (overlap(rect, drawn) > most) [best, most] = [rect, overlap(rect, drawn)];
  }
  const edges = Object.fromEntries(EDGES.map((edge) => [edge, drawn.locked.includes(edge) ? drawn[edge] : best[edge]]));
  return { .../** @type {Rect} */ (/** @type {unknown} */ (edges)), locked: drawn.locked };
}

/**
 * Returns the rectangles after edges of one were moved; moved edges are locked from then on.
 * @param {DraftRegion[]} regions
 * @param {number} place
 * @param {Partial<Rect>} moved
 * @returns {DraftRegion[]}
 */
export function moveEdges(regions, place, moved) {
  return regions.map((region, number) => {
    if (number !== place) return region;
    const next = { ...region };
    const bound = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    if (moved.left !== undefined) next.left = Math.min(bound(moved.left), region.right - SMALLEST);
    if (moved.right !== undefined) next.right = Math.max(bound(moved.right), region.left + SMALLEST);
    if (moved.top !== undefined) next.top = Math.min(bound(moved.top), region.bottom - SMALLEST);
    if (moved.bottom !== undefined) next.bottom = Math.max(bound(moved.bottom), region.top + SMALLEST);
    const locked = new Set([...region.locked, .../** @type {Edge[]} */ (Object.keys(moved))]);
    return { ...next, locked: EDGES.filter((edge) => locked.has(edge)) };
  });
}

/** @param {DraftRegion[]} regions @param {number} place @param {Edge} edge @returns {DraftRegion[]} */
export function toggleLock(regions, place, edge) {
  return regions.map((region, number) =>
    number === place
      ? {
          ...region,
          locked: region.locked.includes(edge)
            ? region.locked.filter((other) => other !== edge)
            : [...region.locked, edge],
        }
      : region,
  );
}

/** Returns the regions with another one, top to bottom. @param {DraftRegion[]} regions @param {Rect} rect @returns {DraftRegion[]} */
export function addRegion(regions, rect) {
  const drawn = { ...edgesOf(rect), locked: EDGES.slice() };
  return [...regions, drawn].sort((a, b) => a.top - b.top);
}

/** True where two rectangles share a part of the frame. @param {Rect[]} regions */
export function overlapping(regions) {
  return regions.some((a, i) => regions.slice(i + 1).some((b) => overlap(a, b) > 0));
}

/**
 * Returns how many of the boxes the rectangles hold entirely, and which they cut.
 * @param {import("./types.js").Data} data
 * @param {Iterable<number>} boxes
 * @param {Rect[]} regions
 */
export function coverage(data, boxes, regions) {
  let count = 0;
  /** @type {number[]} */
  const cut = [];
  for (const box of boxes) {
    count += 1;
    if (lost(rectOf(data, box), regions) > SLACK) cut.push(box);
  }
  return { count, cut, share: count ? 1 - cut.length / count : 1 };
}

/** Returns the share of a rectangle that no region holds; regions do not overlap. @param {Rect} rect @param {Rect[]} regions */
export function lost(rect, regions) {
  let held = 0;
  for (const region of regions) {
    const width = Math.min(rect.right, region.right) - Math.max(rect.left, region.left);
    const height = Math.min(rect.bottom, region.bottom) - Math.max(rect.top, region.top);
    held += Math.max(0, width) * Math.max(0, height);
  }
  return 1 - held / Math.max(area(rect), 1e-12);
}

/** True where two lists of rectangles are the same to a pixel of a large frame. @param {Rect[]} a @param {Rect[]} b */
export function sameRegions(a, b) {
  return (
    a.length === b.length &&
    a.every((region, i) => EDGES.every((edge) => Math.abs(region[edge] - b[i][edge]) < 1 / 4000))
  );
}
