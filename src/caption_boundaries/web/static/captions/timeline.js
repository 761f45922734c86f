// The timeline: captions and gaps, how likely a boundary is, how much changes, and edges that can be dragged.

import { fitToScreen } from "../core/canvas.js";
import { paintTimeline } from "./timeline-paint.js";
import { isGap, placeAt, placeOf } from "./rows.js";
import * as scales from "./scale.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {{kind: "scrub" | "edge" | "block", x: number, moved: boolean, row: Row | null, edge: Edge, frame: number}} Press */

const { ROWS } = scales;
const NEAR = 6;
const CLICK = 4;
/** How near, in pixels, an edge snaps to a peak of the difference. */
const SNAP = 9;
const LEAST_PEAK = 0.12;

/**
 * @typedef {{
 *   state: () => State,
 *   scrub: (frame: number) => void,
 *   choose: (id: number, frame: number) => void,
 *   ghost: (change: import("./types.js").Change | null) => void,
 *   drop: (change: import("./types.js").Change) => void,
 * }} Parts
 */

export class Timeline {
  /** @param {HTMLCanvasElement} canvas @param {Parts} parts @param {() => void} redraw */
  constructor(canvas, parts, redraw) {
    this.canvas = canvas;
    this.parts = parts;
    this.redraw = redraw;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    /** @type {import("./scale.js").Scale | null} */
    this.scale = null;
    /** @type {Press | null} */
    this.press = null;
    this.shownFrame = -1;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** @param {State} state @returns {import("./scale.js").Scale} */
  scaleOf(state) {
    const width = Math.max(1, this.canvas.clientWidth);
    const { count, rate } = state.data;
    if (!this.scale) this.scale = scales.bounded({ first: state.frame - 10 * rate, perFrame: width / (24 * rate), width }, count);
    if (this.scale.width !== width) this.scale = scales.bounded({ ...this.scale, width }, count);
    if (this.shownFrame !== state.frame && !this.press) this.scale = scales.revealed(this.scale, count, state.frame);
    this.shownFrame = state.frame;
    return this.scale;
  }

  /** @param {State} state */
  draw(state) {
    fitToScreen(this.context);
    paintTimeline(this.context, state, this.scaleOf(state), this.canvas);
  }

  /** @param {number} factor @param {number} [x] */
  zoom(factor, x) {
    const state = this.parts.state();
    const scale = this.scaleOf(state);
    this.scale = scales.zoomed(scale, state.data.count, factor, x ?? Math.max(0, Math.min(scale.width, scales.toX(scale, state.frame))));
    this.redraw();
  }

  whole() {
    this.scale = scales.whole(this.parts.state().data.count, Math.max(1, this.canvas.clientWidth));
    this.redraw();
  }

  /** @param {MouseEvent} event */
  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** Returns the edge near a point: those of the row in focus first. @param {State} state @param {number} x @param {number} y @returns {{row: Row, edge: Edge} | null} */
  edgeAt(state, x, y) {
    if (state.readOnly || y < ROWS.blocks || y > ROWS.blocksEnd) return null;
    const scale = this.scaleOf(state);
    const place = placeAt(state.rows, Math.floor(scales.toFrame(scale, x)));
    const focus = state.rows[placeOf(state.rows, state.current)];
    const near = [focus, state.rows[place], state.rows[place - 1], state.rows[place + 1]];
    for (const row of near) {
      if (!row || isGap(row)) continue;
      if (Math.abs(scales.toX(scale, row.start) - x) <= NEAR) return { row, edge: "start" };
      if (Math.abs(scales.toX(scale, row.end + 1) - x) <= NEAR) return { row, edge: "end" };
    }
    return null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    const { x, y } = this.at(event);
    const state = this.parts.state();
    const scale = this.scaleOf(state);
    const frame = Math.floor(scales.toFrame(scale, x));
    const grip = this.edgeAt(state, x, y);
    const row = state.rows[placeAt(state.rows, frame)] ?? null;
    const block = event.shiftKey && row && !isGap(row) && !state.readOnly && y >= ROWS.blocks && y <= ROWS.blocksEnd;
    this.canvas.setPointerCapture(event.pointerId);
    if (grip) this.press = { kind: "edge", x, moved: false, ...grip, frame };
    else this.press = { kind: block ? "block" : "scrub", x, moved: false, row: y >= ROWS.blocks && y <= ROWS.blocksEnd ? row : null, edge: "start", frame };
    if (this.press.kind === "scrub" && !this.press.row) this.parts.scrub(frame);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { x, y } = this.at(event);
    const { press } = this;
    const state = this.parts.state();
    if (!press) {
      this.canvas.style.cursor = this.edgeAt(state, x, y) ? "ew-resize" : "default";
      return;
    }
    if (!press.moved && Math.abs(x - press.x) < CLICK) return;
    press.moved = true;
    if (press.kind === "scrub") this.parts.scrub(Math.floor(scales.toFrame(this.scaleOf(state), x)));
    else this.parts.ghost(this.changeAt(state, press, x, event.altKey));
    this.redraw();
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { press } = this;
    if (!press) return;
    this.press = null;
    const { x } = this.at(event);
    const state = this.parts.state();
    if (press.kind !== "scrub" && press.moved) {
      const change = this.changeAt(state, press, x, event.altKey);
      if (change) this.parts.drop(change);
      else this.parts.ghost(null);
    } else if (press.row && !press.moved) {
      const { row, kind, edge } = press;
      this.parts.choose(row.id, kind === "edge" ? row[edge] : press.frame);
    }
    this.redraw();
  }

  cancel() {
    if (this.press && this.press.kind !== "scrub") this.parts.ghost(null);
    this.press = null;
    this.redraw();
  }

  /** Returns what would be done if the pointer were let go. @param {State} state @param {Press} press @param {number} x @param {boolean} free without snapping @returns {import("./types.js").Change | null} */
  changeAt(state, press, x, free) {
    const scale = this.scaleOf(state);
    const row = /** @type {Row} */ (press.row);
    if (press.kind === "block") {
      const ticks = Math.round((x - press.x) / scale.perFrame);
      return ticks ? { kind: "shift", ids: [row.id], ticks, policy: state.policy } : null;
    }
    const between = Math.round(scales.toFrame(scale, x));
    const track = state.data.difference ?? state.data.likelihood;
    const reach = Math.max(1, Math.round(SNAP / scale.perFrame));
    const at = free || !track ? between : scales.snapped(track, between, Math.min(reach, 30), LEAST_PEAK);
    const frame = press.edge === "start" ? Math.max(0, Math.min(at, row.end)) : Math.max(row.start, Math.min(at - 1, state.data.count - 1));
    return frame === row[press.edge] ? null : { kind: "set-edge", id: row.id, edge: press.edge, frame_index: frame, policy: state.policy };
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const state = this.parts.state();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const scale = this.scaleOf(state);
      const by = (event.deltaX || event.deltaY) / scale.perFrame;
      this.scale = scales.bounded({ ...scale, first: scale.first + by }, state.data.count);
      this.redraw();
    } else this.zoom(Math.exp(-event.deltaY * 0.0018), this.at(event).x);
  }

  /** Returns where a boundary is on the page, for tests. @param {number} frame the boundary lies before it */
  point(frame) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return { x: left + scales.toX(this.scaleOf(this.parts.state()), frame), y: top + (ROWS.blocks + ROWS.blocksEnd) / 2 };
  }
}
