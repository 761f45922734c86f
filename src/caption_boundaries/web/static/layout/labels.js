// Labels of boxes: 0 none, 1 out, 2 in, 3 out by the model, 4 in by the model. Pure: tested in Node.

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Word} Word */

export const NONE = 0;
export const OUT = 1;
export const IN = 2;
export const OUT_BY_MODEL = 3;
export const IN_BY_MODEL = 4;

/** @param {number} code @returns {"in" | "out" | ""} */
export function wordOf(code) {
  return code === IN || code === IN_BY_MODEL ? "in" : code === NONE ? "" : "out";
}

/** True where a box counts as caption: its label if it has one, else what is predicted. @param {Int8Array} labels @param {Float32Array | null} odds @param {number} box */
export function saysIn(labels, odds, box) {
  const code = labels[box];
  return code === NONE ? odds !== null && odds[box] > 0 : code === IN || code === IN_BY_MODEL;
}

/** Returns the probability that log odds stand for. @param {number} odds */
export function probability(odds) {
  return 1 / (1 + Math.exp(-odds));
}

/**
 * Returns labels with other words for some boxes.
 * @param {Int8Array} labels
 * @param {{put_in?: number[], put_out?: number[], clear?: number[], by_model?: boolean}} change
 */
export function relabel(labels, { put_in = [], put_out = [], clear = [], by_model = false }) {
  const next = labels.slice();
  for (const box of put_in) next[box] = by_model ? IN_BY_MODEL : IN;
  for (const box of put_out) next[box] = by_model ? OUT_BY_MODEL : OUT;
  for (const box of clear) next[box] = NONE;
  return next;
}

/** Returns the request that gives boxes one word. @param {Word} word @param {number[]} boxes */
export function changeTo(word, boxes) {
  return word === "in" ? { put_in: boxes } : word === "out" ? { put_out: boxes } : { clear: boxes };
}

/**
 * Returns the request that accepts what is predicted for unlabelled boxes.
 * @param {Int8Array} labels
 * @param {Float32Array} odds
 * @param {Iterable<number>} boxes
 */
export function acceptance(labels, odds, boxes) {
  /** @type {{put_in: number[], put_out: number[]}} */
  const change = { put_in: [], put_out: [] };
  for (const box of boxes) if (labels[box] === NONE) (odds[box] > 0 ? change.put_in : change.put_out).push(box);
  return change;
}

/** Returns the unlabelled boxes of which the prediction is at least so sure. @param {Int8Array} labels @param {Float32Array | null} odds @param {number} sure */
export function sureBoxes(labels, odds, sure) {
  if (!odds) return [];
  const least = Math.log(sure / (1 - sure));
  const found = [];
  for (let box = 0; box < labels.length; box += 1) if (labels[box] === NONE && Math.abs(odds[box]) >= least) found.push(box);
  return found;
}

/**
 * Returns what is counted per frame.
 * @param {Data} data
 * @param {Int8Array} labels
 * @param {Float32Array | null} odds
 * @param {import("./types.js").Doubt[]} doubts
 * @returns {import("./types.js").Stats}
 */
export function countFrames(data, labels, odds, doubts) {
  const open = new Int32Array(data.frames.length);
  const margin = new Float32Array(data.frames.length).fill(Infinity);
  const doubted = new Int32Array(data.frames.length);
  let labelled = 0;
  for (let box = 0; box < data.count; box += 1) {
    const frame = data.frame[box];
    if (labels[box] !== NONE) {
      labelled += 1;
      continue;
    }
    open[frame] += 1;
    if (odds) margin[frame] = Math.min(margin[frame], Math.abs(odds[box]));
  }
  for (const doubt of doubts) doubted[data.frame[doubt.box]] += 1;
  const reviewed = open.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0);
  return { open, margin, doubts: doubted, labelled, reviewed };
}

/** Returns how many frames the boxes stand in. @param {Data} data @param {Iterable<number>} boxes */
export function frameCount(data, boxes) {
  const frames = new Set();
  for (const box of boxes) frames.add(data.frame[box]);
  return frames.size;
}
