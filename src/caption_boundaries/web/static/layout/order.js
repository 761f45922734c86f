// In which order frames are looked at. Pure: tested in Node.

/** @typedef {import("./types.js").State} State */

/**
 * Returns the frames to show, in the chosen order.
 * @param {Pick<State, "data" | "order" | "search" | "stats">} state
 * @returns {number[]} positions
 */
export function ordered({ data, order, search, stats }) {
  const wanted = search.trim().toLowerCase();
  const places = data.frames.map((_, place) => place).filter((place) => !wanted || holds(data, place, wanted));
  if (order === "uncertain") places.sort((a, b) => stats.margin[a] - stats.margin[b] || a - b);
  if (order === "unlabelled") places.sort((a, b) => stats.open[b] - stats.open[a] || a - b);
  if (order === "suspicious") places.sort((a, b) => stats.doubts[b] - stats.doubts[a] || a - b);
  return places;
}

/** @param {State["data"]} data @param {number} place @param {string} wanted */
function holds(data, place, wanted) {
  for (let box = data.first[place]; box < data.first[place + 1]; box += 1) {
    if (data.texts[box].toLowerCase().includes(wanted)) return true;
  }
  return false;
}

/**
 * Returns the next frame in the chosen order. By time that is the neighbour; in other orders, which change with every
 * label, it is the first that was not looked at yet.
 * @param {Pick<State, "data" | "order" | "search" | "stats" | "frame">} state
 * @param {ReadonlySet<number>} seen
 * @param {boolean} openOnly leave out frames without unlabelled boxes
 * @returns {number} position; -1: there is none
 */
export function nextInOrder(state, seen, openOnly) {
  const places = ordered(state).filter((place) => !openOnly || state.stats.open[place] > 0);
  if (state.order === "time") return places.find((place) => place > state.frame) ?? -1;
  const fresh = places.find((place) => place !== state.frame && !seen.has(place));
  return fresh ?? places.find((place) => place !== state.frame) ?? -1;
}

/**
 * Returns the frame before in the chosen order.
 * @param {Pick<State, "data" | "order" | "search" | "stats" | "frame">} state
 * @param {number[]} visited the frames looked at, the latest last
 * @param {boolean} openOnly
 */
export function previousInOrder(state, visited, openOnly) {
  const fits = (/** @type {number} */ place) => !openOnly || state.stats.open[place] > 0;
  if (state.order === "time") return ordered(state).findLast((place) => place < state.frame && fits(place)) ?? -1;
  return visited.findLast((place) => place !== state.frame && fits(place)) ?? -1;
}

/** Returns the nearest frame with unlabelled boxes in a direction, by time; -1: none. @param {Pick<State, "data" | "stats" | "frame">} state @param {1 | -1} direction */
export function nextOpen({ data, stats, frame }, direction) {
  for (let place = frame + direction; place >= 0 && place < data.frames.length; place += direction) {
    if (stats.open[place] > 0) return place;
  }
  return -1;
}

/** Returns the unlabelled box of which the prediction is least sure; -1: none. @param {Pick<State, "data" | "labels" | "odds">} state */
export function mostUncertain({ data, labels, odds }) {
  let best = -1;
  let least = Infinity;
  for (let box = 0; box < data.count; box += 1) {
    const margin = odds ? Math.abs(odds[box]) : 0;
    if (labels[box] === 0 && margin < least) {
      best = box;
      least = margin;
    }
  }
  return best;
}
