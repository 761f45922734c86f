// The canvas with the pictures: exactly the stored ones, or a placeholder, never another frame's.

import { fitToScreen } from "../core/canvas.js";
import { slots } from "./views.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Slot} Slot */

const FONT = '12px system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif';

export class Stage {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("../core/pictures.js").Pictures} pictures the stored ones
   * @param {import("../core/pictures.js").Pictures} sources those of the video file
   * @param {(slot: Slot) => void} choose
   */
  constructor(canvas, pictures, sources, choose) {
    this.canvas = canvas;
    this.pictures = pictures;
    this.sources = sources;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.scratch = document.createElement("canvas");
    /** @type {Slot[]} what is on the canvas */
    this.slots = [];
    /** Which frame's picture each slot shows; -1: a placeholder. @type {number[]} */
    this.shown = [];
    canvas.addEventListener("click", (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const slot = this.at(event.clientX - left, event.clientY - top);
      if (slot && slot.frame >= 0) choose(slot);
    });
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return this.slots.find(({ rect }) => x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height);
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** @param {State} state */
  draw(state) {
    const { context } = this;
    const { width, height } = fitToScreen(context);
    context.fillStyle = "#15181d";
    context.fillRect(0, 0, width, height);
    this.slots = slots(state, { width, height });
    this.shown = this.slots.map((slot) => this.drawSlot(slot));
  }

  /** @param {Slot} slot @returns {number} the frame that is shown */
  drawSlot(slot) {
    const { context } = this;
    const { rect } = slot;
    const pictures = slot.source ? this.sources : this.pictures;
    const image = slot.frame >= 0 ? pictures.get(slot.frame) : null;
    const other = slot.other >= 0 ? pictures.get(slot.other) : null;
    const ready = Boolean(image) && (slot.kind === "crop" || Boolean(other));
    context.imageSmoothingQuality = "high";
    if (image && slot.kind === "crop") context.drawImage(image, rect.x, rect.y, rect.width, rect.height);
    else if (image && other) this.drawDifference(image, other, rect);
    else this.drawPlaceholder(slot);
    this.drawLabel(slot);
    if (slot.current && slot.place === "beside") this.outline(rect);
    return ready ? slot.frame : -1;
  }

  /** @param {Slot} slot */
  drawPlaceholder({ rect, frame, source, label }) {
    const { context } = this;
    context.fillStyle = frame < 0 ? "#1b1f26" : "#22272f";
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    context.fillStyle = "#a3adbb";
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const failed = (source ? this.sources : this.pictures).failed(frame);
    const name = source ? `picture ${frame}` : `frame ${frame}`;
    const words = frame < 0 ? label : failed ? `${name} could not be loaded` : `${name} …`;
    context.fillText(words, rect.x + rect.width / 2, rect.y + rect.height / 2);
  }

  /** Draws what differs between two pictures, made four times as strong. @param {ImageBitmap} a @param {ImageBitmap} b @param {Slot["rect"]} rect */
  drawDifference(a, b, rect) {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.max(1, Math.round(rect.width * ratio)), Math.max(1, Math.round(rect.height * ratio))];
    this.scratch.width = width;
    this.scratch.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (this.scratch.getContext("2d"));
    context.drawImage(a, 0, 0, width, height);
    context.globalCompositeOperation = "difference";
    context.drawImage(b, 0, 0, width, height);
    context.globalCompositeOperation = "lighter";
    for (let i = 0; i < 2; i += 1) context.drawImage(this.scratch, 0, 0);
    context.globalCompositeOperation = "source-over";
    this.context.drawImage(this.scratch, rect.x, rect.y, rect.width, rect.height);
  }

  /** @param {Slot} slot */
  drawLabel({ rect, label, note, place, meter, current, edge }) {
    const { context } = this;
    context.font = current && place === "beside" ? `600 ${FONT}` : FONT;
    context.textBaseline = "middle";
    if (place === "above") {
      context.textAlign = "left";
      context.fillStyle = current && edge ? "#ffe066" : "#c3cad4";
      context.fillText(label, rect.x, rect.y - 8);
      if (context.measureText(`${label}  ${note}`).width > rect.width) return; // beside a small picture there is no room
      context.textAlign = "right";
      context.fillStyle = "#8b94a3";
      context.fillText(note, rect.x + rect.width, rect.y - 8);
      return;
    }
    const y = rect.y + rect.height / 2;
    context.textAlign = "right";
    context.fillStyle = current ? "#ffe066" : "#c3cad4";
    context.fillText(label, 60, y);
    context.fillStyle = "#8b94a3";
    context.fillText(note, 108, y);
    if (meter >= 0) this.drawMeter(meter, y);
  }

  /** @param {number} value 0 to 1 @param {number} y */
  drawMeter(value, y) {
    const { context } = this;
    const right = this.size().width - 12;
    context.fillStyle = "#2d333d";
    context.fillRect(right - 44, y - 3, 44, 6);
    context.fillStyle = "#f5a04c";
    context.fillRect(right - 44, y - 3, 44 * Math.min(1, value), 6);
  }

  /** @param {Slot["rect"]} rect */
  outline(rect) {
    this.context.strokeStyle = "#ffe066";
    this.context.lineWidth = 2;
    this.context.strokeRect(rect.x - 2, rect.y - 2, rect.width + 4, rect.height + 4);
  }

  /** Returns where a slot is on the page, for tests. @param {number} number */
  place(number) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { rect } = this.slots[number];
    return { x: left + rect.x, y: top + rect.y, width: rect.width, height: rect.height };
  }

  /** Returns the colour at a part of a slot, for tests. @param {number} number @param {number} x fraction @param {number} y */
  pixel(number, x, y) {
    const { rect } = this.slots[number];
    const ratio = devicePixelRatio || 1;
    const [at, down] = [Math.floor((rect.x + x * rect.width) * ratio), Math.floor((rect.y + y * rect.height) * ratio)];
    return [...this.context.getImageData(at, down, 1, 1).data];
  }
}
