// The captions on the left: all of them are reachable, only those in view are on the page. It is the list for screen readers too.

import { html, nothing, render, repeat } from "../vendor/lit.js";
import { clockTenths, percent, plural } from "../core/format.js";
import { keySign } from "../core/shortcut.js";
import { isGap, placeOf, shownText, sign, stateWords } from "./rows.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */

const HEIGHT = 50;

export class List {
  /** @param {HTMLElement} container scrolls @param {(id: number) => void} choose */
  constructor(container, choose) {
    this.container = container;
    this.choose = choose;
    /** @type {State | null} */
    this.state = null;
    /** @type {Row[]} */
    this.rows = [];
    this.shown = -1;
    container.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(container);
  }

  /** @param {State} state @param {Row[]} rows in the chosen order */
  update(state, rows) {
    const moved = state.current !== this.shown || rows.length !== this.rows.length;
    this.state = state;
    this.rows = rows;
    this.shown = state.current;
    if (moved) this.reveal();
    this.draw();
  }

  /** Scrolls so that the row in focus is in view. */
  reveal() {
    const number = placeOf(this.rows, /** @type {State} */ (this.state).current);
    if (number < 0) return;
    const top = number * HEIGHT;
    const { scrollTop, clientHeight } = this.container;
    if (top < scrollTop) this.container.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.container.scrollTop = top + HEIGHT - clientHeight;
  }

  draw() {
    const { state, rows } = this;
    if (!state) return;
    const first = Math.max(0, Math.floor(this.container.scrollTop / HEIGHT) - 2);
    const last = Math.min(rows.length, Math.ceil((this.container.scrollTop + this.container.clientHeight) / HEIGHT) + 2);
    const active = placeOf(rows, state.current);
    const inView = rows.slice(first, last);
    render(
      html`<div
        id="captions"
        class="caption-space"
        role="listbox"
        tabindex="0"
        aria-label="Captions"
        aria-activedescendant=${active >= first && active < last ? `caption-${state.current}` : nothing}
        .style=${`height: ${Math.max(1, rows.length * HEIGHT)}px`}
      >
        <div class="caption-cells" role="presentation" .style=${`top: ${first * HEIGHT}px`}>
          ${repeat(
            inView,
            (row) => row.id,
            (row, i) => this.cell(state, row, first + i),
          )}
        </div>
      </div>
      ${rows.length ? nothing : html`<p class="none muted">${none(state)}</p>`}`,
      this.container,
    );
  }

  /** @param {State} state @param {Row} row @param {number} number */
  cell(state, row, number) {
    const { rate } = state.data;
    const text = shownText(row).replaceAll("\n", " / ");
    const seconds = (row.end - row.start + 1) / rate;
    const time = clockTenths(row.start / rate);
    const words = isGap(row) ? "gap" : text || (row.text === "" ? "no text" : "not read");
    const current = row.id === state.current;
    return html`<div
      id="caption-${row.id}"
      class="caption ${row.state} ${current ? "current" : ""}"
      role="option"
      aria-selected=${current}
      aria-setsize=${this.rows.length}
      aria-posinset=${number + 1}
      aria-label="${time}, ${seconds.toFixed(1)} seconds, ${words}, ${stateWords(row)}${row.status ? `, text ${row.status.replaceAll("_", " ")}` : ""}"
      @click=${() => this.choose(row.id)}
    >
      <span class="sign" aria-hidden="true">${sign(row)}</span>
      <span class="text ${text ? "" : "muted"}" dir="auto">${words}</span>
      <span class="line number" aria-hidden="true">
        <span>${time}</span><span>${seconds.toFixed(1)} s</span><span class="spacer"></span>
        ${row.notes ? html`<span title=${row.notes}>✎</span>` : nothing}
        ${row.status && row.status !== "valid_caption" && row.status !== "confirmed" ? html`<span class="warn">⚑</span>` : nothing}
        ${row.state === "predicted" && row.sure !== null ? html`<span title="how sure the detector is of its edges">${percent(row.sure)}</span>` : nothing}
      </span>
    </div>`;
  }
}

/** Returns why the list is empty. @param {State} state */
function none({ rows, search, show }) {
  if (rows.every(isGap)) return html`No captions yet. Go to where one is shown and press ${keySign("captions.insert")}.`;
  if (search) return `No caption has “${search}”.`;
  return show === "open" ? "Every caption is reviewed." : "No caption is of this kind.";
}

/**
 * What stands above the list.
 * @param {State} state
 * @param {number} count rows that are listed
 * @param {{order: (order: import("./types.js").Order) => void, show: (show: import("./types.js").Show) => void, search: (text: string) => void,
 *   pass: (pass: import("./types.js").Pass) => void}} set
 */
export function orderBar(state, count, set) {
  const valueOf = (/** @type {Event} */ event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;
  return html`
    <select id="order-select" aria-label="Order of the captions" .value=${state.order}
      @change=${(/** @type {Event} */ event) => set.order(/** @type {import("./types.js").Order} */ (valueOf(event)))}>
      <option value="time">By time</option>
      <option value="uncertain">Least certain first</option>
      <option value="work">Pending, then gaps, then the rest</option>
    </select>
    <select id="show-select" aria-label="Which captions are shown" .value=${state.show}
      @change=${(/** @type {Event} */ event) => set.show(/** @type {import("./types.js").Show} */ (valueOf(event)))}>
      ${SHOWS.map(([value, label]) => html`<option value=${value}>${label}</option>`)}
    </select>
    <input type="search" id="search" placeholder="Captions with text …" aria-label="Only captions with this text" .value=${state.search}
      @input=${(/** @type {Event} */ event) => set.search(valueOf(event))}
      @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && event.stopPropagation()} />
    <div class="row"><span class="muted number count" role="status">${plural(count, "caption")}</span><span class="spacer"></span>
      <select id="pass-select" aria-label="What Enter settles" title="What Enter settles" .value=${state.pass}
        @change=${(/** @type {Event} */ event) => set.pass(/** @type {import("./types.js").Pass} */ (valueOf(event)))}>
        <option value="both">Extents and text</option>
        <option value="extents">Extents only</option>
        <option value="text">Text only</option>
      </select></div>
  `;
}

/** @type {[import("./types.js").Show, string][]} */
const SHOWS = [
  ["all", "All captions"],
  ["open", "Not reviewed yet"],
  ["pending", "To be looked at again"],
  ["unconfirmed", "Extents not confirmed"],
  ["gaps", "Gaps over 1 second"],
  ["short", "Very short"],
  ["long", "Very long"],
  ["imported", "Changed by an import"],
  ["doubtful_text", "Doubtful text"],
];
