// The contact sheet: the caption's part of every frame with the rectangle to crop, so that cut text is seen at a glance.

import { html, render, repeat } from "../vendor/lit.js";
import { clock } from "../core/format.js";
import { rectOf } from "./geometry.js";
import { lost, shown, SLACK } from "./crop.js";
import { saysIn } from "./labels.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Rect} Rect */

const GAP = 10;
const CAPTION = 22;
const LEAST_WIDTH = 300;

export class Contact {
  /** @param {HTMLElement} container scrolls @param {(place: number) => void} open */
  constructor(container, open) {
    this.container = container;
    this.open = open;
    /** @type {State | null} */
    this.state = null;
    /** @type {number[]} */
    this.places = [];
    /** What is shown around the crop; kept while its edges are dragged. @type {Rect} */
    this.part = { left: 0, top: 0, right: 1, bottom: 1 };
    container.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(container);
  }

  /** Chooses the part of the frames that is shown. @param {State} state */
  enter(state) {
    this.part = partAround(shown(state));
  }

  /** @param {State} state @param {number[]} places */
  update(state, places) {
    this.state = state;
    this.places = places;
    this.draw();
  }

  draw() {
    const { state, places, part } = this;
    if (!state || this.container.hidden) return;
    const columns = Math.max(1, Math.floor((this.container.clientWidth - GAP) / (LEAST_WIDTH + GAP)));
    const width = Math.floor((this.container.clientWidth - GAP) / columns) - GAP;
    const height = (width * ((part.bottom - part.top) * state.data.height)) / ((part.right - part.left) * state.data.width);
    const row = Math.round(height) + CAPTION + GAP;
    const rows = Math.ceil(places.length / columns);
    const first = Math.max(0, Math.floor(this.container.scrollTop / row) - 1);
    const last = Math.min(rows, Math.ceil((this.container.scrollTop + this.container.clientHeight) / row) + 1);
    const regions = shown(state);
    render(
      html`<div class="contact-space" .style=${`height: ${rows * row + GAP}px`}>
        <div class="contact-cells" .style=${`top: ${first * row}px; grid-template-columns: repeat(${columns}, ${width}px); grid-auto-rows: ${row - GAP}px`}>
          ${repeat(
            places.slice(first * columns, last * columns),
            (place) => place,
            (place) => this.cell(state, place, regions, width, height),
          )}
        </div>
      </div>`,
      this.container,
    );
  }

  /** @param {State} state @param {number} place @param {Rect[]} regions @param {number} width @param {number} height */
  cell(state, place, regions, width, height) {
    const { data } = state;
    const index = data.frames[place];
    const { left, top, right, bottom } = this.part;
    const cut = cutBoxes(state, place, regions);
    const region = [left, top, right, bottom].map((edge) => edge.toFixed(3)).join(",");
    return html`<button class="sheet ${cut ? "cut" : ""} ${place === state.frame ? "current" : ""}" data-place=${place} @click=${() => this.open(place)}>
      <span class="picture" .style=${`height: ${Math.round(height)}px`}>
        <img src="/media/videos/${data.video}/full/${index}.jpg?v=${data.pictures}&region=${region}&width=${width > 420 ? 800 : 480}"
          alt="Caption part at ${clock(index / data.rate)}" loading="lazy" decoding="async" draggable="false" />
        ${regions.map((rect) => html`<span class="crop-outline" .style=${this.placed(rect)}></span>`)}
      </span>
      <span class="line number"><span>${clock(index / data.rate)}</span><span class="spacer"></span>
        ${cut ? html`<span class="sign bad">${cut} cut</span>` : ""}</span>
    </button>`;
  }

  /** @param {Rect} rect */
  placed(rect) {
    const { left, top, right, bottom } = this.part;
    const x = (/** @type {number} */ value) => `${(100 * (value - left)) / (right - left)}%`;
    const y = (/** @type {number} */ value) => `${(100 * (value - top)) / (bottom - top)}%`;
    const width = `${(100 * (rect.right - rect.left)) / (right - left)}%`;
    const height = `${(100 * (rect.bottom - rect.top)) / (bottom - top)}%`;
    return `left: ${x(rect.left)}; top: ${y(rect.top)}; width: ${width}; height: ${height}`;
  }
}

/** Returns how many caption boxes of a frame the rectangles cut. @param {State} state @param {number} place @param {Rect[]} regions */
export function cutBoxes(state, place, regions) {
  let cut = 0;
  for (let box = state.data.first[place]; box < state.data.first[place + 1]; box += 1) {
    if (saysIn(state.labels, state.odds, box) && lost(rectOf(state.data, box), regions) > SLACK) cut += 1;
  }
  return cut;
}

/** Returns what to show of each frame: the rectangles with what is around them. @param {Rect[]} regions @returns {Rect} */
export function partAround(regions) {
  if (!regions.length) return { left: 0, top: 0, right: 1, bottom: 1 };
  const left = Math.min(...regions.map((region) => region.left));
  const top = Math.min(...regions.map((region) => region.top));
  const right = Math.max(...regions.map((region) => region.right));
  const bottom = Math.max(...regions.map((region) => region.bottom));
  const [x, y] = [0.06 * (right - left), 0.35 * (bottom - top)];
  return {
    left: Math.max(0, left - x),
    top: Math.max(0, top - y),
    right: Math.min(1, right + x),
    bottom: Math.min(1, bottom + y),
  };
}
