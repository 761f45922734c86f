// What the mouse, a pen or a finger does on the canvas.

import { boxAt, reached, span } from "./geometry.js";
import { moveEdges, shown } from "./crop.js";
import { inScope } from "./state.js";

/** @typedef {import("./types.js").State} State */

/** A press that moves less than this many pixels is a click. */
const CLICK = 4;

/**
 * @typedef {{
 *   state: () => State,
 *   set: (change: (state: State) => State) => void,
 *   redraw: () => void,
 *   click: (box: number, options: {add: boolean, opposite: boolean}) => void,
 *   rectangle: (boxes: number[], rect: import("./types.js").Rect) => void,
 *   drawRegion: (rect: import("./types.js").Rect) => void,
 *   dragCrop: (regions: import("./types.js").DraftRegion[], done: boolean) => void,
 * }} Parts
 */

export class Pointer {
  /** @param {import("./stage.js").Stage} stage @param {Parts} parts */
  constructor(stage, parts) {
    this.stage = stage;
    this.parts = parts;
    /** True while the key for panning is held. */
    this.panning = false;
    /** @type {{kind: "pan" | "rect" | "edges", x: number, y: number, moved: boolean, button: number,
     *   grip?: {place: number, edges: import("./types.js").Edge[]}, base?: import("./types.js").DraftRegion[]} | null} */
    this.press = null;
    const { canvas } = stage;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** @param {MouseEvent} event */
  at(event) {
    const { left, top } = this.stage.canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (this.press) return;
    const at = this.at(event);
    const state = this.parts.state();
    this.stage.canvas.setPointerCapture(event.pointerId);
    const grip = event.button === 0 && !this.panning ? this.stage.handleAt(state, at) : null;
    const kind = this.panning || event.button === 1 ? "pan" : grip ? "edges" : "rect";
    this.press = { kind, ...at, moved: false, button: event.button, grip: grip ?? undefined, base: grip ? shown(state) : undefined };
    this.stage.canvas.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    const { press } = this;
    if (!press) {
      this.hover(at);
      return;
    }
    if (!press.moved && Math.hypot(at.x - press.x, at.y - press.y) < CLICK) return;
    const state = this.parts.state();
    if (press.kind === "pan") {
      this.stage.pan(state, event.movementX, event.movementY);
    } else if (press.kind === "edges") {
      this.parts.dragCrop(this.dragged(state, at), false);
    } else if (press.button === 0) {
      this.stage.drawing = this.rect(state, press, at);
      this.parts.set((old) => this.preview(old, event.altKey));
    }
    press.moved = true;
    this.parts.redraw();
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { press } = this;
    if (!press) return;
    this.press = null;
    const at = this.at(event);
    const state = this.parts.state();
    const rect = this.stage.drawing;
    this.stage.drawing = null;
    if (press.kind === "edges" && press.moved) this.parts.dragCrop(this.dragged(state, at, press), true);
    else if (press.kind === "rect" && press.moved && rect) {
      if (state.brush === "region") this.parts.drawRegion(rect);
      else this.parts.rectangle(reached(state.data, rect, inScope(state), event.altKey), rect);
    } else if (press.kind !== "pan" && !press.moved) this.clicked(event, at);
    this.parts.redraw();
  }

  /** @param {PointerEvent} event @param {{x: number, y: number}} at */
  clicked(event, at) {
    const state = this.parts.state();
    const point = this.stage.point(state, at);
    const box = state.view === "frame" ? boxAt(state.data, state.frame, point.x, point.y, 0.004) : -1;
    this.parts.click(box, { add: event.ctrlKey || event.metaKey || event.shiftKey, opposite: event.button === 2 });
  }

  cancel() {
    this.press = null;
    this.stage.drawing = null;
    this.parts.redraw();
  }

  /** Selects, while the rectangle is drawn, what it reaches. @param {State} state @param {boolean} touching @returns {State} */
  preview(state, touching) {
    const rect = this.stage.drawing;
    if (!rect || state.brush === "region") return state;
    return { ...state, selection: new Set(reached(state.data, rect, inScope(state), touching)), cursor: -1 };
  }

  /** @param {State} state @param {{x: number, y: number}} at @param {NonNullable<Pointer["press"]>} [press] */
  dragged(state, at, press = /** @type {NonNullable<Pointer["press"]>} */ (this.press)) {
    const point = this.stage.point(state, at);
    const { place, edges } = /** @type {{place: number, edges: import("./types.js").Edge[]}} */ (press.grip);
    const moved = Object.fromEntries(edges.map((edge) => [edge, edge === "left" || edge === "right" ? point.x : point.y]));
    return moveEdges(/** @type {import("./types.js").DraftRegion[]} */ (press.base), place, moved);
  }

  /** @param {State} state @param {{x: number, y: number}} from @param {{x: number, y: number}} to */
  rect(state, from, to) {
    const [a, b] = [this.stage.point(state, from), this.stage.point(state, to)];
    const bound = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    return span(bound(a.x), bound(a.y), bound(b.x), bound(b.y));
  }

  /** @param {{x: number, y: number}} at */
  hover(at) {
    const state = this.parts.state();
    const grip = this.stage.handleAt(state, at);
    const { canvas } = this.stage;
    if (this.panning) canvas.style.cursor = "grab";
    else if (grip) canvas.style.cursor = gripCursor(grip.edges);
    else canvas.style.cursor = state.brush === "select" ? "default" : "crosshair";
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.stage.zoom(this.parts.state(), Math.exp(-event.deltaY * 0.0015), this.at(event));
    this.parts.redraw();
  }
}

/** @param {import("./types.js").Edge[]} edges */
function gripCursor(edges) {
  if (edges.length === 2) return edges.includes("left") === edges.includes("top") ? "nwse-resize" : "nesw-resize";
  return edges[0] === "left" || edges[0] === "right" ? "ew-resize" : "ns-resize";
}
