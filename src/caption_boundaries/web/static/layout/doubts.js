// Labels and predictions that look wrong, apart from what the model says. Pure: tested in Node.

import { SAME_PLACE, overlap, plain, rectOf } from "./geometry.js";
import { saysIn, wordOf } from "./labels.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Doubt} Doubt */

/** A caption line further from the usual level than this, in median deviations, is doubted. */
export const FAR = 8;
/** Deviations are at least this share of a line's height: engines waver. */
const LEAST = 0.12;
const MOST = 200;

/**
 * Returns the doubts about a video, the heaviest first.
 * @param {Data} data
 * @param {Int8Array} labels
 * @param {Float32Array | null} odds
 * @param {[number, number][]} labelDoubts boxes whose label a model fitted without it would not give, with the odds
 * @returns {Doubt[]}
 */
export function findDoubts(data, labels, odds, labelDoubts) {
  /** @type {Doubt[]} */
  const found = labelDoubts.map(([box, weight]) => ({ box, kind: "label", weight: 10 + weight }));
  found.push(...twins(data, labels), ...offLevel(data, labels, odds), ...crooked(data, labels, odds));
  const known = new Set();
  return found
    .sort((a, b) => b.weight - a.weight)
    .filter((doubt) => !known.has(doubt.box) && known.add(doubt.box))
    .slice(0, MOST);
}

/** Boxes in one place with one text, of which most are labelled otherwise. @param {Data} data @param {Int8Array} labels */
function twins(data, labels) {
  /** @type {Map<string, number[]>} */
  const byText = new Map();
  for (let box = 0; box < data.count; box += 1) {
    if (!labels[box]) continue;
    const text = plain(data.texts[box]);
    const group = byText.get(text);
    if (group) group.push(box);
    else byText.set(text, [box]);
  }
  /** @type {Doubt[]} */
  const found = [];
  for (const group of byText.values()) {
    if (group.length < 3) continue;
    for (const box of group) {
      const rect = rectOf(data, box);
      let same = 0;
      let other = 0;
      for (const twin of group) {
        if (twin === box || overlap(rect, rectOf(data, twin)) < SAME_PLACE) continue;
        if (wordOf(labels[twin]) === wordOf(labels[box])) same += 1;
        else other += 1;
      }
      if (other >= 2 && other > 2 * same) found.push({ box, kind: "twin", weight: 8 + Math.log(other) });
    }
  }
  return found;
}

/** Caption boxes far from the levels at which captions usually stand. @param {Data} data @param {Int8Array} labels @param {Float32Array | null} odds */
function offLevel(data, labels, odds) {
  const boxes = inside(data, labels, odds);
  if (boxes.length < 8) return [];
  const levels = boxes.map((box) => (data.edges[4 * box + 1] + data.edges[4 * box + 3]) / 2);
  const heights = boxes.map((box) => data.edges[4 * box + 3] - data.edges[4 * box + 1]);
  const middle = median(levels);
  const height = median(heights);
  const usual = Math.max(LEAST * height, median(levels.map((level) => Math.abs(level - middle))));
  const sorted = Float64Array.from(levels).sort();
  /** @type {Doubt[]} */
  const found = [];
  boxes.forEach((box, i) => {
    const far = Math.abs(levels[i] - middle) / usual;
    if (far <= FAR) return;
    // Two regions are two levels: what has company there is no stray.
    const company = firstFrom(sorted, levels[i] + height / 2) - firstFrom(sorted, levels[i] - height / 2);
    if (company < Math.max(3, 0.02 * boxes.length)) found.push({ box, kind: "level", weight: 2 + Math.log(far) });
  });
  return found;
}

/** Returns the place of the first value that is at least `least`. @param {Float64Array} sorted @param {number} least */
function firstFrom(sorted, least) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Caption boxes of one frame that stand neither on one line nor below each other. @param {Data} data @param {Int8Array} labels @param {Float32Array | null} odds */
function crooked(data, labels, odds) {
  /** @type {Doubt[]} */
  const found = [];
  for (let frame = 0; frame < data.frames.length; frame += 1) {
    const boxes = [];
    for (let box = data.first[frame]; box < data.first[frame + 1]; box += 1) if (saysIn(labels, odds, box)) boxes.push(box);
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const share = sharedLevel(rectOf(data, a), rectOf(data, b));
        if (share > 0.35 && share < 0.6) found.push({ box: b, kind: "line", weight: 1 });
      }
    }
  }
  return found;
}

/** @param {import("./types.js").Rect} a @param {import("./types.js").Rect} b */
function sharedLevel(a, b) {
  const shared = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return shared / Math.min(a.bottom - a.top, b.bottom - b.top);
}

/** @param {Data} data @param {Int8Array} labels @param {Float32Array | null} odds */
function inside(data, labels, odds) {
  const found = [];
  for (let box = 0; box < data.count; box += 1) if (saysIn(labels, odds, box)) found.push(box);
  return found;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
