// The canvas in the middle: the picture of the frame with its boxes, or the density of all boxes.

import { fitToScreen } from "../core/canvas.js";
import { fit, rectOf, toCanvas, toFrame, zoomAt } from "./geometry.js";
import { shown } from "./crop.js";
import { COLORS, handles, paintBox, paintCrop, paintDensity, paintSelected, placed } from "./paint.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Rect} Rect */

const MARGIN = 14;

export class Stage {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("../core/pictures.js").Pictures} pictures
   */
  constructor(canvas, pictures) {
    this.canvas = canvas;
    this.pictures = pictures;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    /** @type {import("./geometry.js").Transform | null} */
    this.zoomed = null;
    /** @type {Rect | null} the rectangle that is being drawn */
    this.drawing = null;
    /** The density is drawn once and kept until what it shows changes. */
    this.density = { canvas: document.createElement("canvas"), key: /** @type {unknown[]} */ ([]) };
    /** Frame index of the picture that is on the canvas; -1: none. */
    this.shownIndex = -1;
  }

  /** @param {State} state */
  aspect(state) {
    return state.data.width / state.data.height;
  }

  /** @param {State} state */
  whole(state) {
    const { width, height } = this.size();
    const transform = fit(width - 2 * MARGIN, height - 2 * MARGIN, this.aspect(state));
    return { ...transform, x: transform.x + MARGIN, y: transform.y + MARGIN };
  }

  /** @param {State} state */
  transform(state) {
    return this.zoomed ?? this.whole(state);
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** @param {State} state @param {number} factor @param {{x: number, y: number}} [at] CSS pixels; the middle unless given */
  zoom(state, factor, at) {
    const { width, height } = this.size();
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    const whole = this.whole(state);
    const next = zoomAt(this.transform(state), whole, factor, x, y);
    this.zoomed = next === whole ? null : next;
  }

  /** @param {State} state @param {number} dx @param {number} dy */
  pan(state, dx, dy) {
    const transform = this.transform(state);
    this.zoomed = { ...transform, x: transform.x + dx, y: transform.y + dy };
  }

  /** Zooms so that a part of the frame fills the canvas, or back. @param {State} state @param {Rect} rect */
  loupe(state, rect) {
    if (this.zoomed) {
      this.zoomed = null;
      return;
    }
    const aspect = this.aspect(state);
    const { width, height } = this.size();
    const scale = Math.min(
      (width * 0.6) / ((rect.right - rect.left) * aspect),
      (height * 0.4) / (rect.bottom - rect.top),
      this.whole(state).scale * 24,
    );
    const [x, y] = [(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2];
    this.zoomed = { scale, x: width / 2 - x * aspect * scale, y: height / 2 - y * scale };
  }

  /** Returns a point of the canvas as fractions of the frame. @param {State} state @param {{x: number, y: number}} point */
  point(state, point) {
    return toFrame(this.transform(state), this.aspect(state), point.x, point.y);
  }

  /** Returns where a part of the frame lies on the canvas. @param {State} state @param {Rect} rect */
  rect(state, rect) {
    return placed(this.context, this.transform(state), this.aspect(state), rect);
  }

  /** Returns the handle of a crop rectangle near a point. @param {State} state @param {{x: number, y: number}} point */
  handleAt(state, point) {
    if (state.readOnly) return null;
    for (const [place, region] of shown(state).entries()) {
      const found = handles(this.rect(state, region)).find(
        (handle) => Math.abs(handle.x - point.x) < 9 && Math.abs(handle.y - point.y) < 9,
      );
      if (found) return { place, edges: found.edges };
    }
    return null;
  }

  /** @param {State} state */
  draw(state) {
    const { context } = this;
    const { width, height } = fitToScreen(context);
    context.fillStyle = "#15181d";
    context.fillRect(0, 0, width, height);
    if (state.view === "heat") this.drawHeat(state);
    else this.drawFrame(state);
    if (this.drawing) this.drawRectangle(this.rect(state, this.drawing), state);
  }

  /** @param {State} state */
  drawFrame(state) {
    const { context } = this;
    const { data } = state;
    const index = data.frames[state.frame];
    const frame = this.rect(state, { left: 0, top: 0, right: 1, bottom: 1 });
    const image = this.pictures.get(index);
    this.shownIndex = image ? index : -1;
    if (image) {
      context.imageSmoothingQuality = "high";
      context.drawImage(image, frame.x, frame.y, frame.width, frame.height);
    } else {
      // Never another frame's picture in its place: what people judge must be what is stored.
      context.fillStyle = "#22272f";
      context.fillRect(frame.x, frame.y, frame.width, frame.height);
      context.fillStyle = "#a3adbb";
      context.font = "14px system-ui, sans-serif";
      context.textAlign = "center";
      const words = this.pictures.failed(index) ? `Frame ${index} could not be loaded` : `Loading frame ${index} …`;
      context.fillText(words, frame.x + frame.width / 2, frame.y + frame.height / 2);
    }
    this.drawCrop(state, frame);
    for (let box = data.first[state.frame]; box < data.first[state.frame + 1]; box += 1) {
      if (box !== state.cursor) paintBox(context, state, box, this.rect(state, rectOf(data, box)));
    }
    if (state.cursor >= 0 && data.frame[state.cursor] === state.frame) {
      paintBox(context, state, state.cursor, this.rect(state, rectOf(data, state.cursor)));
    }
  }

  /** @param {State} state @param {{x: number, y: number, width: number, height: number}} frame */
  drawCrop(state, frame) {
    const regions = shown(state);
    const drawn = regions.map((region) => state.crop.draft.length > 0 && region.locked.length > 0);
    paintCrop(this.context, regions.map((region) => this.rect(state, region)), drawn, frame);
  }

  /** @param {State} state */
  drawHeat(state) {
    const { context } = this;
    const frame = this.rect(state, { left: 0, top: 0, right: 1, bottom: 1 });
    context.fillStyle = "#0b0d10";
    context.fillRect(frame.x, frame.y, frame.width, frame.height);
    const image = this.pictures.get(state.data.frames[state.frame]);
    if (image) {
      context.globalAlpha = 0.22;
      context.drawImage(image, frame.x, frame.y, frame.width, frame.height);
      context.globalAlpha = 1;
    }
    context.drawImage(this.densityOf(state), 0, 0, this.size().width, this.size().height);
    this.drawCrop(state, { x: frame.x, y: frame.y, width: 0, height: 0 });
    paintSelected(context, state, this.transform(state), this.aspect(state));
  }

  /** @param {State} state */
  densityOf(state) {
    const transform = this.transform(state);
    const key = [state.labels, state.odds, state.heat, transform.scale, transform.x, transform.y, this.canvas.width];
    const { canvas } = this.density;
    if (key.some((part, i) => part !== this.density.key[i])) {
      this.density.key = key;
      canvas.width = this.canvas.width;
      canvas.height = this.canvas.height;
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const ratio = devicePixelRatio || 1;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      paintDensity(context, state, transform, this.aspect(state));
    }
    return canvas;
  }

  /** @param {{x: number, y: number, width: number, height: number}} at @param {State} state */
  drawRectangle(at, state) {
    const { context } = this;
    const color = { in: COLORS.in, out: COLORS.out, clear: "#ffffff", select: "#ffffff", region: COLORS.draft }[state.brush];
    context.globalAlpha = 0.14;
    context.fillStyle = color;
    context.fillRect(at.x, at.y, at.width, at.height);
    context.globalAlpha = 1;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = color;
    context.strokeRect(at.x, at.y, at.width, at.height);
    context.setLineDash([]);
  }

  /** Returns where a part of the frame is on the page, for tests. @param {State} state @param {number} x fraction @param {number} y */
  pagePoint(state, x, y) {
    const point = toCanvas(this.transform(state), this.aspect(state), x, y);
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: left + point.x, y: top + point.y };
  }

  /** Returns the colour that is on the canvas at a part of the frame, for tests. @param {State} state @param {number} x fraction @param {number} y */
  pixel(state, x, y) {
    const point = toCanvas(this.transform(state), this.aspect(state), x, y);
    const ratio = devicePixelRatio || 1;
    return [...this.context.getImageData(Math.round(point.x * ratio), Math.round(point.y * ratio), 1, 1).data];
  }
}
