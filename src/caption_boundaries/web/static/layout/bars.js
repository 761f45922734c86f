// The bars around the canvas: title and saving, order and search, views and tools, zoom.

import { html, nothing } from "../vendor/lit.js";
import { boot } from "../core/boot.js";
import { choice } from "../core/choice.js";
import { hint } from "../core/hints.js";
import { othersWords } from "../core/presence.js";
import { saveIndicator } from "../core/saving.js";
import { tip } from "../core/shortcut.js";
import { topbar } from "../core/topbar.js";
import { words } from "../core/words.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./page.js").Actions} Actions */

const HINT =
  "Blue boxes go into the crop, orange ones do not. Look at a frame, correct what is wrong with I and O, press Enter, " +
  "and approve the crop when it holds every caption.";

/** @param {State} state @param {Actions} actions @param {() => void} redraw */
export function header(state, actions, redraw) {
  return topbar({
    title: boot.name,
    middle: html`<span class="crumb">Layout</span>`,
    right: html`
      ${state.others.length ? html`<span class="chip warn">${othersWords(state.others)}</span>` : nothing}
      ${saveIndicator(state.save)}
      <button class="quiet icon-button" ?disabled=${!state.canUndo} title=${tip("Undo", "layout.undo")} aria-label="Undo" @click=${actions.undo}>↶</button>
      <button class="quiet icon-button" ?disabled=${!state.canRedo} title=${tip("Redo", "layout.redo")} aria-label="Redo" @click=${actions.redo}>↷</button>
      <a class="button" href="/videos/${boot.video}/captions">Captions</a>
    `,
    redraw,
  });
}

/** @param {State} state @param {Actions} actions @param {() => void} redraw */
export function notices(state, actions, redraw) {
  return html`${state.readOnly ? html`<p class="notice warn"><span>${words(state.readOnly)}</span></p>` : nothing}
    ${state.offerRun
      ? html`<div class="notice" role="status">
          <span>Crops and captions are older than this crop.</span><span class="spacer"></span>
          <button class="primary" @click=${actions.runAgain}>Crop and read again</button>
        </div>`
      : nothing}
    ${hint("layout", HINT, redraw)}`;
}

/**
 * @param {State} state
 * @param {{order: (order: import("./types.js").Order) => void, search: (text: string) => void}} set
 */
export function orderBar(state, set) {
  const valueOf = (/** @type {Event} */ event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;
  return html`
    <select id="order-select" aria-label="Order of the frames" .value=${state.order}
      @change=${(/** @type {Event} */ event) => set.order(/** @type {import("./types.js").Order} */ (valueOf(event)))}>
      <option value="time">By time</option>
      <option value="uncertain">Most uncertain first</option>
      <option value="suspicious">Suspicious first</option>
      <option value="unlabelled">Most unlabelled first</option>
    </select>
    <input type="search" id="search" placeholder="Frames with text …" aria-label="Only frames with this text" .value=${state.search}
      @input=${(/** @type {Event} */ event) => set.search(valueOf(event))} />
  `;
}

/** @param {State} state @param {Actions} actions @param {(view: import("./types.js").View) => void} setView */
export function toolbar(state, actions, setView) {
  const setScope = (/** @type {import("./types.js").Scope} */ scope) => actions.set((old) => ({ ...old, scope }));
  return html`<div class="toolbar" role="toolbar" aria-label="Views and tools">
    ${choice("View", state.view, setView, [
      ["frame", "Frame", tip("One frame", "layout.viewFrame")],
      ["heat", "Density", tip("The boxes of all frames at once", "layout.viewHeat")],
      ["contact", "Contact", tip("The crop in all frames", "layout.viewContact")],
    ])}
    ${state.view === "contact" ? nothing : [clickChoice(state, actions), reachChoice(state, setScope)]}
    ${state.view === "heat" ? shownChoice(state, actions) : nothing}
  </div>`;
}

/** @param {State} state @param {Actions} actions */
function clickChoice(state, actions) {
  return html`<div class="row"><span class="muted">Click:</span>${choice("What a click or a rectangle does", state.brush, actions.brush, [
    ["select", "Select", "Select boxes"],
    ["in", "In", "Mark as caption"],
    ["out", "Out", "Mark as something else"],
    ["clear", "Clear", "Clear the mark"],
  ])}</div>`;
}

/** @param {State} state @param {(scope: import("./types.js").Scope) => void} setScope */
function reachChoice(state, setScope) {
  return html`<div class="row"><span class="muted">Reach:</span>${choice("What a rectangle reaches", state.scope, setScope, [
    ["frame", "Frame", tip("Rectangles reach this frame", "layout.scope")],
    ["selected", `Chosen ${state.chosen.size}`, "Rectangles reach the chosen frames; Ctrl-click frames to choose them"],
    ["all", "All", "Rectangles reach every frame"],
  ])}</div>`;
}

/** @param {State} state @param {Actions} actions */
function shownChoice(state, actions) {
  const set = (/** @type {State["heat"]} */ heat) => actions.set((old) => ({ ...old, heat }));
  return html`<div class="row"><span class="muted">Show:</span>${choice("Which boxes are shown", state.heat, set, [
    ["all", "All", "All boxes"],
    ["in", "In", "Only captions"],
    ["out", "Out", "Only others"],
    ["uncertain", "Uncertain", "Only uncertain ones"],
  ])}</div>`;
}

/** @param {number} share of the whole frame's scale @param {{by: (factor: number) => void, whole: () => void}} zoom */
export function zoomBar(share, zoom) {
  return html`<div class="zoom-bar" role="group" aria-label="Zoom">
    <button class="quiet icon-button" aria-label="Zoom out" title=${tip("Zoom out", "layout.zoomOut")} @click=${() => zoom.by(1 / 1.4)}>−</button>
    <button class="quiet number zoom" aria-label="Show the whole frame" title=${tip("Whole frame", "layout.zoomReset")} @click=${zoom.whole}>${Math.round(100 * share)} %</button>
    <button class="quiet icon-button" aria-label="Zoom in" title=${tip("Zoom in", "layout.zoomIn")} @click=${() => zoom.by(1.4)}>+</button>
  </div>`;
}
