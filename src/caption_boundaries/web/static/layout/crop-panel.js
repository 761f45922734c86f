// The crop in the panel: its rectangles as numbers, what they cut, and the approval.

import { html, nothing } from "../vendor/lit.js";
import { percent, plural } from "../core/format.js";
import { keySign } from "../core/shortcut.js";
import { EDGES, coverage, overlapping, sameRegions, shown } from "./crop.js";
import { saysIn, wordOf } from "./labels.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {import("./page.js").Actions} Actions */

const NAMES = { left: "Left", top: "Top", right: "Right", bottom: "Bottom" };

/** @param {State} state @param {Actions} actions */
export function cropSection(state, actions) {
  const regions = shown(state);
  /** @type {number[]} */
  const inside = [];
  /** @type {number[]} */
  const outside = [];
  for (let box = 0; box < state.data.count; box += 1) (saysIn(state.labels, state.odds, box) ? inside : outside).push(box);
  const held = coverage(state.data, inside, regions);
  const others = outside.filter((box) => wordOf(state.labels[box]) === "out");
  const intruders = regions.length ? others.filter((box) => !coverage(state.data, [box], regions).cut.length) : [];
  const newer = state.crop.approved && !state.crop.draft.length && state.suggested.length > 0 && !sameRegions(state.crop.regions, state.suggested);
  const approved = state.crop.approved && sameRegions(regions, state.crop.regions);
  return html`<section class="crop">
    <h2>Crop ${approved ? html`<span class="chip good">✓ approved, version ${state.crop.version}</span>` : nothing}</h2>
    ${regions.map((region, place) => regionRow(state, region, place, regions.length, actions))}
    ${regions.length === 0 ? html`<p class="muted">No caption boxes, so nothing to crop.</p>` : nothing}
    ${regions.length && inside.length
      ? html`<p class=${held.cut.length ? "warn-text" : "muted"}>
          ${percent(held.share, 1)} of the in-boxes inside${held.cut.length
            ? html`; ${held.cut.length} cut – <button class="link" @click=${() => actions.showBoxes(held.cut)}>show</button>`
            : nothing}
        </p>`
      : nothing}
    ${intruders.length
      ? html`<p class="muted">${plural(intruders.length, "out-box", "out-boxes")} inside – <button class="link" @click=${() => actions.showBoxes(intruders)}>show</button></p>`
      : nothing}
    ${newer
      ? html`<p class="notice warn">The boxes suggest another crop now. <span class="spacer"></span><button @click=${actions.followBoxes}>Follow them</button></p>`
      : nothing}
    ${overlapping(regions) ? html`<p class="notice bad">Two rectangles overlap.</p>` : nothing}
    <div class="row wrap">
      <button ?disabled=${Boolean(state.readOnly) || regions.length >= 8} aria-pressed=${state.brush === "region"} @click=${() => actions.brush(state.brush === "region" ? "select" : "region")}>
        ${state.brush === "region" ? "Drag over the frame now" : "Add rectangle"}
      </button>
      ${state.crop.draft.length ? html`<button ?disabled=${Boolean(state.readOnly)} @click=${actions.followBoxes}>Follow the boxes</button>` : nothing}
    </div>
    <div class="row wrap">
      <button class="primary" ?disabled=${approved || Boolean(state.readOnly) || overlapping(regions)} @click=${actions.approve}>
        ${regions.length ? "Approve" : "No captions here"} ${keySign("layout.approve")}
      </button>
      ${state.crop.approved ? html`<button class="quiet" ?disabled=${Boolean(state.readOnly)} @click=${actions.withdraw}>Withdraw</button>` : nothing}
    </div>
  </section>`;
}

/** @param {State} state @param {import("./types.js").DraftRegion} region @param {number} place @param {number} count @param {Actions} actions */
function regionRow(state, region, place, count, actions) {
  const drawn = state.crop.draft.length > 0;
  return html`<fieldset class="region" ?disabled=${Boolean(state.readOnly)}>
    <legend class="visually-hidden">Rectangle ${place + 1} of ${count}, in pixels</legend>
    ${EDGES.map((edge) => edgeField(state, region, place, edge, actions))}
    ${drawn || count > 1
      ? html`<button type="button" class="quiet remove" aria-label="Remove rectangle ${place + 1}" @click=${() => actions.removeRegion(place)}>Remove</button>`
      : nothing}
  </fieldset>`;
}

/** @param {State} state @param {import("./types.js").DraftRegion} region @param {number} place @param {Edge} edge @param {Actions} actions */
function edgeField(state, region, place, edge, actions) {
  const size = edge === "left" || edge === "right" ? state.data.width : state.data.height;
  const locked = state.crop.draft.length > 0 && region.locked.includes(edge);
  return html`<div class="edge">
    <label><span class="muted">${NAMES[edge]}</span>
      <input type="number" min="0" max=${size} .value=${String(Math.round(region[edge] * size))} aria-label="${NAMES[edge]} edge in pixels"
        @change=${(/** @type {Event} */ event) => actions.setEdge(place, edge, Number(/** @type {HTMLInputElement} */ (event.target).value) / size)} /></label>
    <button type="button" class="lock" aria-pressed=${locked} title=${locked ? "Stays where it is" : "Follows the boxes"}
      aria-label="${NAMES[edge]} edge stays where it is" @click=${() => actions.lock(place, edge)}>${locked ? "fixed" : "auto"}</button>
  </div>`;
}
