// Where frames lie on the timeline. Pure: tested in Node.

/** @typedef {{first: number, perFrame: number, width: number}} Scale `first` is the frame at the left edge, with fractions; `perFrame` counts pixels */

/** What lies where on the timeline, in pixels from the top. */
export const ROWS = { ruler: 20, blocks: 22, blocksEnd: 66, likelihood: 72, likelihoodEnd: 98, difference: 102, differenceEnd: 126 };

/** The closest look: pixels per frame. */
export const CLOSEST = 24;

/** Returns the scale that shows everything. @param {number} count frames @param {number} width pixels @returns {Scale} */
export function whole(count, width) {
  return { first: 0, perFrame: width / Math.max(1, count), width };
}

/** @param {Scale} scale @param {number} frame */
export function toX(scale, frame) {
  return (frame - scale.first) * scale.perFrame;
}

/** @param {Scale} scale @param {number} x */
export function toFrame(scale, x) {
  return scale.first + x / scale.perFrame;
}

/** Returns the last frame that is in view, with fractions. @param {Scale} scale */
export function last(scale) {
  return toFrame(scale, scale.width);
}

/**
 * Keeps a scale within the video.
 * @param {Scale} scale
 * @param {number} count
 * @returns {Scale}
 */
export function bounded(scale, count) {
  const least = scale.width / Math.max(1, count);
  const perFrame = Math.max(least, Math.min(Math.max(CLOSEST, least), scale.perFrame));
  const most = count - scale.width / perFrame;
  return { ...scale, perFrame, first: Math.max(0, Math.min(most, scale.first)) };
}

/** Zooms; the frame at `x` stays where it is. @param {Scale} scale @param {number} count @param {number} factor @param {number} x @returns {Scale} */
export function zoomed(scale, count, factor, x) {
  const frame = toFrame(scale, x);
  const next = bounded({ ...scale, perFrame: scale.perFrame * factor }, count);
  return bounded({ ...next, first: frame - x / next.perFrame }, count);
}

/** Moves so that a frame is in view, and calmly: only when it is not. @param {Scale} scale @param {number} count @param {number} frame @returns {Scale} */
export function revealed(scale, count, frame) {
  const margin = Math.min(0.12 * scale.width, 80);
  const x = toX(scale, frame);
  if (x >= margin && x <= scale.width - margin) return scale;
  return bounded({ ...scale, first: frame - scale.width / 2 / scale.perFrame }, count);
}

const STEPS = [1, 2, 5, 10, 50, 100, 300, 600, 1200, 3000, 6000, 18000, 36000];

/** Returns the frames at which the ruler has a mark. @param {Scale} scale @param {number} rate frames per second */
export function ticks(scale, rate) {
  const wanted = 92 / scale.perFrame;
  const unit = rate / 10;
  const step = (STEPS.find((tenths) => tenths * unit >= wanted) ?? STEPS[STEPS.length - 1]) * unit;
  const found = [];
  for (let frame = Math.ceil(scale.first / step) * step; frame <= last(scale); frame += step) found.push(Math.round(frame));
  return { step, frames: found };
}

/**
 * Returns the frame to which an edge snaps: the highest peak of a track nearby, else the frame itself.
 * @param {ArrayLike<number>} track the value at a frame tells how much differs between it and the one before
 * @param {number} frame
 * @param {number} reach frames
 * @param {number} least what a peak has at least
 */
export function snapped(track, frame, reach, least) {
  let best = frame;
  let height = least;
  for (let other = Math.max(1, frame - reach); other <= Math.min(track.length - 1, frame + reach); other += 1) {
    if (track[other] > height || (track[other] === height && Math.abs(other - frame) < Math.abs(best - frame))) {
      best = other;
      height = track[other];
    }
  }
  return best;
}
