// The frames on the left: all of them are reachable, only those in view are on the page.

import { html, nothing, render, repeat } from "../vendor/lit.js";
import { clock } from "../core/format.js";
import { probability } from "./labels.js";

/** @typedef {import("./types.js").State} State */

const COLUMNS = 2;
const GAP = 8;
const WIDTH = 112;
const CAPTION = 21;
/** A frame whose least sure box is surer than this needs no sign. */
const SURE = 0.97;

export class Grid {
  /**
   * @param {HTMLElement} container scrolls
   * @param {(place: number, add: boolean, range: boolean) => void} choose
   */
  constructor(container, choose) {
    this.container = container;
    this.choose = choose;
    /** @type {State | null} */
    this.state = null;
    /** @type {number[]} */
    this.places = [];
    this.shownFrame = -1;
    container.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(container);
  }

  /** @param {State} state @param {number[]} places in the chosen order */
  update(state, places) {
    const moved = state.frame !== this.shownFrame;
    this.state = state;
    this.places = places;
    this.shownFrame = state.frame;
    if (moved) this.reveal();
    this.draw();
  }

  rowHeight() {
    const { data } = /** @type {State} */ (this.state);
    return pictureHeight(data) + CAPTION + GAP;
  }

  /** Scrolls so that the current frame is in view. */
  reveal() {
    const number = this.places.indexOf(/** @type {State} */ (this.state).frame);
    if (number < 0) return;
    const height = this.rowHeight();
    const top = Math.floor(number / COLUMNS) * height;
    const { scrollTop, clientHeight } = this.container;
    if (top < scrollTop) this.container.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.container.scrollTop = top + height - clientHeight;
  }

  draw() {
    const { state, places } = this;
    if (!state) return;
    const height = this.rowHeight();
    const rows = Math.ceil(places.length / COLUMNS);
    const first = Math.max(0, Math.floor(this.container.scrollTop / height) - 1);
    const last = Math.min(rows, Math.ceil((this.container.scrollTop + this.container.clientHeight) / height) + 1);
    const inView = places.slice(first * COLUMNS, last * COLUMNS);
    render(
      html`<div class="grid-space" role="listbox" aria-label="Frames" aria-multiselectable="true" .style=${`height: ${rows * height}px`}>
        <div class="grid-cells" .style=${`top: ${first * height}px; grid-auto-rows: ${height - GAP}px`}>
          ${repeat(
            inView,
            (place) => place,
            (place) => this.cell(state, place),
          )}
        </div>
      </div>`,
      this.container,
    );
  }

  /** @param {State} state @param {number} place */
  cell(state, place) {
    const { data, stats } = state;
    const index = data.frames[place];
    const time = clock(index / data.rate);
    const open = stats.open[place];
    const doubts = stats.doubts[place];
    const failed = data.failures[index];
    const least = probability(stats.margin[place]);
    const words = [time, open ? `${open} unlabelled` : "done", doubts ? `${doubts} suspicious` : "", failed ? "could not be read" : ""];
    return html`<div
      class="cell ${place === state.frame ? "current" : ""} ${state.chosen.has(place) ? "chosen" : ""}"
      role="option"
      aria-selected=${place === state.frame || state.chosen.has(place)}
      aria-label=${words.filter(Boolean).join(", ")}
      data-place=${place}
      @click=${(/** @type {MouseEvent} */ event) => this.choose(place, event.ctrlKey || event.metaKey, event.shiftKey)}
    >
      <img src="/media/videos/${data.video}/full/${index}.jpg?v=${data.pictures}&width=224" alt="" width=${WIDTH} height=${pictureHeight(data)} loading="lazy" decoding="async" draggable="false" />
      <span class="line number">
        <span>${time}</span>
        <span class="spacer"></span>
        ${failed ? html`<span class="sign bad" title=${failed}>!</span>` : nothing}
        ${doubts ? html`<span class="sign warn" title="suspicious">⚑${doubts}</span>` : nothing}
        ${open ? html`<span class="sign">${open}</span>` : html`<span class="sign good" title="done">✓</span>`}
      </span>
      ${open && least < SURE
        ? html`<span class="sureness" title="lowest confidence ${(least * 100).toFixed(0)} %">
            <span .style=${`width: ${(2 - 2 * least) * 100}%`}></span>
          </span>`
        : nothing}
    </div>`;
  }
}

/** Returns how high a picture is, also before it has arrived: no cell moves away under the pointer then. @param {State["data"]} data */
function pictureHeight(data) {
  return Math.round((WIDTH * data.height) / data.width);
}
