// The bars around the pictures: title and saving, views, policy, and what can be done at the cursor.

import { html, nothing } from "../vendor/lit.js";
import { boot } from "../core/boot.js";
import { choice } from "../core/choice.js";
import { clockTenths, plural } from "../core/format.js";
import { hint } from "../core/hints.js";
import { othersWords } from "../core/presence.js";
import { saveIndicator } from "../core/saving.js";
import { keySign, tip } from "../core/shortcut.js";
import { topbar } from "../core/topbar.js";
import { words } from "../core/words.js";
import { isGap } from "./rows.js";
import { currentRow } from "./state.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./page.js").Actions} Actions */
/** @typedef {import("./moving.js").Moving} Moving */

const HINT =
  "Are start, end and text right? Enter confirms, saves and goes on. To move an edge, step with ← and → and press S (starts here) " +
  "or D (ends here). ? shows every key.";

/** @param {State} state @param {Actions} actions @param {() => void} redraw */
export function header(state, actions, redraw) {
  return topbar({
    title: boot.name,
    middle: html`<span class="crumb">Captions</span>`,
    right: html`
      ${state.others.length ? html`<span class="chip warn">${othersWords(state.others)}</span>` : nothing}
      ${saveIndicator(state.save)}
      <button class="quiet icon-button" ?disabled=${!state.canUndo} title=${tip("Undo", "captions.undo")} aria-label="Undo" @click=${actions.undo}>↶</button>
      <button class="quiet icon-button" ?disabled=${!state.canRedo} title=${tip("Redo", "captions.redo")} aria-label="Redo" @click=${actions.redo}>↷</button>
      <a class="button" href="/videos/${boot.video}/layout">Layout</a>
    `,
    redraw,
  });
}

/** @param {State} state @param {() => void} redraw */
export function notices(state, redraw) {
  return html`
    ${state.readOnly ? html`<p class="notice warn"><span>${words(state.readOnly)}</span></p>` : nothing}
    ${state.notices.map((notice) => html`<p class="notice warn"><span>${words(notice)}</span></p>`)}
    ${state.data.ranges.length ? nothing : html`<p class="notice warn">There are no pictures of the captions: run the crop step from the list of videos.</p>`}
    ${hint("captions", HINT, redraw)}
  `;
}

/**
 * @param {State} state
 * @param {Actions} actions
 * @param {Moving} moving
 * @param {{toggle: (name: "difference" | "flicker" | "loupe" | "fine") => void, replace: () => void, importFile: () => void, exportFile: () => void,
 *   repeats: () => void, shift: () => void}} tools
 */
export function toolbar(state, actions, moving, tools) {
  const set = actions.set;
  return html`<div class="toolbar" role="toolbar" aria-label="Views and tools">
    ${choice("View", state.view, moving.view, [
      ["boundary", "Boundaries", tip("The frames on either side of start and end", "captions.viewBoundary")],
      ["strip", "Strip", tip("The frames around the cursor", "captions.viewStrip")],
    ])}
    ${state.view === "strip"
      ? choice("Which frames the strip shows", state.step, (step) => set((old) => ({ ...old, step })), [
          ["every", "1", "Every frame"],
          ["second", "2", "Every second frame"],
          ["fifth", "5", "Every fifth frame"],
          ["changes", "≠", "Only frames at which much changes"],
        ])
      : nothing}
    <div class="segmented" role="group" aria-label="Comparing">
      ${toggle("Difference", state.view === "strip" ? state.changed : state.difference, tip("Show where two frames differ", "captions.difference"), () => tools.toggle("difference"))}
      ${state.view === "boundary"
        ? [
            toggle("Flicker", state.flicker, tip("Let two frames take turns in one place", "captions.flicker"), () => tools.toggle("flicker")),
            toggle("Exact", state.fine, tip("Show the pictures of the video itself", "captions.fine"), () => tools.toggle("fine")),
          ]
        : nothing}
      ${toggle("Loupe", state.loupe, tip("Larger pictures", "captions.loupe"), () => tools.toggle("loupe"))}
    </div>
    <span class="spacer"></span>
    <div class="row"><span class="muted wide-only">Neighbours:</span>${choice("What happens to neighbours", state.policy, actions.policy, [
      ["protect", "Protect", tip("Confirmed neighbours stay; others are trimmed", "captions.policy")],
      ["push", "Push", tip("Neighbours keep their length and move aside", "captions.policy")],
      ["trim", "Trim", tip("Every neighbour is trimmed", "captions.policy")],
    ])}</div>
    <div class="menu">
      <button class="quiet" popovertarget="more" aria-label="More tools">More ▾</button>
      <div id="more" class="popover" popover @beforetoggle=${below}>
        ${item("Search and replace", "captions.replace", tools.replace)} ${item("Merge repeated captions", "", tools.repeats)} ${item("Shift captions", "", tools.shift)}
        <hr />
        ${item("Import", "captions.import", tools.importFile)} ${item("Export", "captions.export", tools.exportFile)}
      </div>
    </div>
  </div>`;
}

/** @param {string} label @param {string} command @param {() => void} act */
function item(label, command, act) {
  return html`<button @click=${() => {
    document.getElementById("more")?.hidePopover();
    act();
  }}>${label} …<span class="spacer"></span>${command ? keySign(command) : nothing}</button>`;
}

/** @param {Event} event */
function below(event) {
  const popover = /** @type {HTMLElement} */ (event.target);
  const button = document.querySelector("[popovertarget=more]")?.getBoundingClientRect();
  if (!button) return;
  popover.style.top = `${button.bottom + 6}px`;
  popover.style.right = `${innerWidth - button.right}px`;
}

/** @param {string} label @param {boolean} on @param {string} title @param {() => void} act */
function toggle(label, on, title, act) {
  return html`<button aria-pressed=${on} title=${title} @click=${act}>${label}</button>`;
}

/** What can be done at the cursor, below the text. @param {State} state @param {Actions} actions @param {Moving} moving */
export function cursorBar(state, actions, moving) {
  const row = currentRow(state);
  const locked = Boolean(state.readOnly) || !row || isGap(row);
  const outside = row && (state.frame < row.start || state.frame > row.end);
  return html`<div class="selection-bar" role="toolbar" aria-label="At the cursor">
    <span class="what number">${clockTenths(state.frame / state.data.rate)} · <span class="visually-hidden">frame</span> ${state.frame}</span>
    ${outside ? html`<button class="quiet" title=${tip("The cursor is outside of the caption: choose the one under it", "captions.here")} @click=${() => moving.here()}>This one ${keySign("captions.here")}</button>` : nothing}
    <span class="spacer"></span>
    <button ?disabled=${!row} title="Go to the first frame" @click=${() => moving.toEdge("start")}>⇤ ${keySign("captions.toStart")}</button>
    <button ?disabled=${locked} @click=${() => actions.setEdge("start", state.frame)}>Starts here ${keySign("captions.setStart")}</button>
    <button ?disabled=${locked} @click=${() => actions.setEdge("end", state.frame)}>Ends here ${keySign("captions.setEnd")}</button>
    <button ?disabled=${!row} title="Go to the last frame" @click=${() => moving.toEdge("end")}>⇥ ${keySign("captions.toEnd")}</button>
    <button class="primary" ?disabled=${!row || Boolean(state.readOnly)} @click=${actions.confirm}>Confirm ${keySign("captions.confirm")}</button>
  </div>`;
}

/** @param {{zoom: (factor: number) => void, whole: () => void}} timeline @param {State} state @param {Moving} moving */
export function timelineBar(timeline, state, moving) {
  return html`<div class="zoom-bar" role="group" aria-label="Timeline">
    <button class="quiet icon-button" aria-label=${state.playing ? "Stop" : "Play in a loop"} title=${tip("Play the frames around the cursor in a loop", "captions.play")} @click=${() => (state.playing ? moving.stop() : moving.play("loop"))}>${state.playing ? "■" : "▶"}</button>
    <button class="quiet icon-button" aria-label="Zoom in" title=${tip("Zoom in", "captions.zoomIn")} @click=${() => timeline.zoom(1.6)}>+</button>
    <button class="quiet" aria-label="Show the whole timeline" title=${tip(`Whole video, ${plural(state.data.count, "frame")}`, "captions.zoomReset")} @click=${timeline.whole}>All</button>
    <button class="quiet icon-button" aria-label="Zoom out" title=${tip("Zoom out", "captions.zoomOut")} @click=${() => timeline.zoom(1 / 1.6)}>−</button>
  </div>`;
}
