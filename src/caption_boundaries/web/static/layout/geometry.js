// Boxes and rectangles, as fractions of the frame. Pure: tested in Node.

/** @typedef {import("./types.js").Rect} Rect */
/** @typedef {import("./types.js").Data} Data */

/** Shared area by joint area from which two boxes are in the same place. */
export const SAME_PLACE = 0.7;

/** @param {Data} data @param {number} box @returns {Rect} */
export function rectOf(data, box) {
  const at = 4 * box;
  const { edges } = data;
  return { left: edges[at], top: edges[at + 1], right: edges[at + 2], bottom: edges[at + 3] };
}

/** @param {Rect} a @param {Rect} b */
export function overlap(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/** @param {Rect} rect */
export function area(rect) {
  return (rect.right - rect.left) * (rect.bottom - rect.top);
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @returns {Rect} */
export function span(x1, y1, x2, y2) {
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), right: Math.max(x1, x2), bottom: Math.max(y1, y2) };
}

/**
 * Returns the boxes that a rectangle reaches. There is one rule: a box is reached when its centre lies inside, or, if
 * `touching`, when any part of it does.
 * @param {Data} data
 * @param {Rect} rect
 * @param {(frame: number) => boolean} inScope whether the frame at a position counts
 * @param {boolean} [touching]
 * @returns {number[]}
 */
export function reached(data, rect, inScope, touching = false) {
  const found = [];
  const { edges } = data;
  for (let box = 0; box < data.count; box += 1) {
    const at = 4 * box;
    const inside = touching
      ? edges[at] <= rect.right && edges[at + 2] >= rect.left && edges[at + 1] <= rect.bottom && edges[at + 3] >= rect.top
      : within((edges[at] + edges[at + 2]) / 2, rect.left, rect.right) &&
        within((edges[at + 1] + edges[at + 3]) / 2, rect.top, rect.bottom);
    if (inside && inScope(data.frame[box])) found.push(box);
  }
  return found;
}

/** @param {number} value @param {number} low @param {number} high */
function within(value, low, high) {
  return low <= value && value <= high;
}

/**
 * Returns the box of a frame at a point: the smallest where several lie there, -1 where none does.
 * @param {Data} data
 * @param {number} frame
 * @param {number} x
 * @param {number} y
 * @param {number} [slack] how far outside still counts
 */
export function boxAt(data, frame, x, y, slack = 0) {
  let best = -1;
  let smallest = Infinity;
  for (let box = data.first[frame]; box < data.first[frame + 1]; box += 1) {
    const rect = rectOf(data, box);
    const inside =
      within(x, rect.left - slack, rect.right + slack) && within(y, rect.top - slack, rect.bottom + slack);
    if (inside && area(rect) < smallest) {
      best = box;
      smallest = area(rect);
    }
  }
  return best;
}

/**
 * Returns every box in the same place as `box` with the same text, itself too.
 * @param {Data} data
 * @param {number} box
 */
export function sameAs(data, box) {
  const rect = rectOf(data, box);
  const text = plain(data.texts[box]);
  const found = [];
  for (let other = 0; other < data.count; other += 1) {
    if (plain(data.texts[other]) === text && overlap(rect, rectOf(data, other)) >= SAME_PLACE) found.push(other);
  }
  return found;
}

/** Returns a text without what engines read now so, now so. @param {string} text */
export function plain(text) {
  return text.replace(/[\s\p{P}]/gu, "").toLowerCase() || text;
}

/**
 * Where the frame lies on the canvas: scale in CSS pixels per frame height, and the frame's upper left corner.
 * @typedef {{scale: number, x: number, y: number}} Transform
 */

/**
 * Returns the transform that shows the whole frame.
 * @param {number} width of the canvas
 * @param {number} height
 * @param {number} aspect of the frame
 * @returns {Transform}
 */
export function fit(width, height, aspect) {
  const scale = Math.max(1, Math.min(width / aspect, height));
  return { scale, x: (width - scale * aspect) / 2, y: (height - scale) / 2 };
}

/** @param {Transform} transform @param {number} aspect @param {number} x fraction @param {number} y fraction */
export function toCanvas(transform, aspect, x, y) {
  return { x: transform.x + x * aspect * transform.scale, y: transform.y + y * transform.scale };
}

/** @param {Transform} transform @param {number} aspect @param {number} x CSS pixels @param {number} y */
export function toFrame(transform, aspect, x, y) {
  return { x: (x - transform.x) / (aspect * transform.scale), y: (y - transform.y) / transform.scale };
}

/**
 * Zooms by a factor so that the point under the pointer stays where it is; never smaller than the whole frame.
 * @param {Transform} transform
 * @param {Transform} whole the transform that shows the whole frame
 * @param {number} factor
 * @param {number} x CSS pixels
 * @param {number} y
 * @returns {Transform}
 */
export function zoomAt(transform, whole, factor, x, y) {
  const scale = Math.max(whole.scale, Math.min(whole.scale * 24, transform.scale * factor));
  if (scale <= whole.scale * 1.001) return whole;
  const grown = scale / transform.scale;
  return { scale, x: x - (x - transform.x) * grown, y: y - (y - transform.y) * grown };
}
