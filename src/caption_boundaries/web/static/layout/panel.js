// The panel on the right: the boxes of the frame, progress, the crop, doubts, and history.

import { html, nothing, repeat } from "../vendor/lit.js";
import { clock, percent, plural } from "../core/format.js";
import { historySection } from "../core/history.js";
import { keySign } from "../core/shortcut.js";
import { cropSection } from "./crop-panel.js";
import { frameCount, probability, saysIn, sureBoxes, wordOf } from "./labels.js";
import { enough } from "./state.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./page.js").Actions} Actions */

const DOUBT_WORDS = {
  label: "the model says otherwise",
  twin: "the same box elsewhere is labelled otherwise",
  level: "far from where captions stand",
  line: "not on one line with its neighbour",
};
const KIND_WORDS = new Map([
  ["label", "Marked"],
  ["rectangle", "Marked by rectangle"],
  ["same", "Marked in the same place"],
  ["accept", "Accepted a frame"],
  ["accept-sure", "Accepted all sure boxes"],
  ["flip", "Flipped"],
  ["clear-all", "Cleared all labels"],
  ["draft", "Moved the crop"],
  ["approve", "Approved the crop"],
  ["withdraw", "Withdrew the approval"],
  ["undo", "Undo"],
  ["redo", "Redo"],
]);

/** @param {State} state @param {Actions} actions */
export function panel(state, actions) {
  return html`
    ${boxSection(state, actions)} ${progressSection(state, actions)} ${cropSection(state, actions)}
    ${doubtSection(state, actions)} ${historySection(state.history, KIND_WORDS, { load: actions.loadHistory, go: actions.goToIndex })}
  `;
}

/** The same as on the canvas, for screen readers and for whoever prefers a list. @param {State} state @param {Actions} actions */
function boxSection(state, actions) {
  const { data } = state;
  const boxes = [];
  for (let box = data.first[state.frame]; box < data.first[state.frame + 1]; box += 1) boxes.push(box);
  const failure = data.failures[data.frames[state.frame]];
  return html`<section>
    <h2>Boxes of this frame</h2>
    ${failure ? html`<p class="notice bad">The engine could not read this frame: ${failure}</p>` : nothing}
    ${boxes.length === 0 && !failure ? html`<p class="muted">No text was found in this frame.</p>` : nothing}
    <ul
      id="boxes"
      class="boxes"
      role="listbox"
      tabindex="0"
      aria-label="Boxes of this frame"
      aria-multiselectable="true"
      aria-activedescendant=${state.cursor >= 0 ? `box-${state.cursor}` : nothing}
    >
      ${repeat(
        boxes,
        (box) => box,
        (box) => boxItem(state, box, actions),
      )}
    </ul>
  </section>`;
}

/** @param {State} state @param {number} box @param {Actions} actions */
function boxItem(state, box, actions) {
  const inside = saysIn(state.labels, state.odds, box);
  const human = state.labels[box] !== 0;
  const sure = state.odds ? probability(Math.abs(state.odds[box])) : 0;
  const says = human ? `labelled ${wordOf(state.labels[box])}` : state.odds ? `predicted ${inside ? "in" : "out"} ${percent(sure)}` : "";
  const height = percent((state.data.edges[4 * box + 1] + state.data.edges[4 * box + 3]) / 2);
  const current = box === state.cursor;
  return html`<li
    id="box-${box}"
    class="box ${inside ? "in" : "out"} ${human ? "human" : ""} ${current ? "current" : ""}"
    role="option"
    aria-selected=${current || state.selection.has(box)}
    aria-label="“${state.data.texts[box]}” at ${height} height, ${says}"
    @click=${(/** @type {MouseEvent} */ event) => actions.choose(box, event.ctrlKey || event.metaKey || event.shiftKey)}
  >
    <span class="sign" aria-hidden="true">${inside ? "●" : "✕"}</span>
    <span class="text" dir="auto">${state.data.texts[box]}</span>
    <span class="says number" aria-hidden="true">${human ? wordOf(state.labels[box]) : state.odds ? percent(sure) : ""}</span>
  </li>`;
}

/** @param {State} state @param {Actions} actions */
function progressSection(state, actions) {
  const { stats, data } = state;
  const sure = sureBoxes(state.labels, state.odds, state.sure);
  const share = data.frames.length ? stats.reviewed / data.frames.length : 0;
  return html`<section>
    <h2>Progress</h2>
    <div class="facts">
      <span>${stats.reviewed} of ${plural(data.frames.length, "frame")}</span>
      <span class="muted number">${stats.labelled} of ${plural(data.count, "box", "boxes")}</span>
    </div>
    <div class="meter ${share >= 1 ? "good" : ""}" role="img" aria-label="${percent(share)} of the frames"><span .style=${`width: ${share * 100}%`}></span></div>
    <p class="muted">
      ${state.source === "model"
        ? agreement(state.agreed)
        : state.source === "rules"
          ? "Rules predict until the first label."
          : "Working out predictions …"}
    </p>
    ${enough(state) ? html`<p class="notice good" role="status">That is enough: more labels would teach little.</p>` : nothing}
    ${state.strays ? html`<p class="muted">${plural(state.strays, "label")} of an earlier reading fit${state.strays === 1 ? "s" : ""} no box now, and stay${state.strays === 1 ? "s" : ""}.</p>` : nothing}
    <label class="sure">
      <span class="nowrap">Sure from <b class="number">${percent(state.sure, 1)}</b></span>
      <input type="range" min="0.8" max="0.999" step="0.001" .value=${String(state.sure)} aria-label="Accept predictions from this probability on"
        @input=${(/** @type {Event} */ event) => actions.set((old) => ({ ...old, sure: Number(/** @type {HTMLInputElement} */ (event.target).value) }))} />
    </label>
    <button ?disabled=${!sure.length || Boolean(state.readOnly)} @click=${() => actions.acceptSure(sure)}>
      ${sure.length ? `Accept ${plural(sure.length, "box", "boxes")} in ${plural(frameCount(data, sure), "frame")}` : "No open box is that sure"}
    </button>
    <button class="quiet danger" ?disabled=${!stats.labelled || Boolean(state.readOnly)} @click=${actions.clearAll}>Clear all labels</button>
  </section>`;
}

/** @param {number} agreed how many of the latest labels were as predicted */
function agreement(agreed) {
  if (!agreed) return "The last label was not as predicted.";
  return agreed === 1 ? "The last label was as predicted." : `The last ${agreed} labels were as predicted.`;
}

/** @param {State} state @param {Actions} actions */
function doubtSection(state, actions) {
  if (!state.doubts.length) return nothing;
  return html`<section>
    <h2>Doubts <span class="number">(${state.doubts.length})</span></h2>
    <ul class="doubts">
      ${state.doubts.slice(0, 12).map((doubt) => {
        const code = state.labels[doubt.box];
        const word = code ? wordOf(code) : saysIn(state.labels, state.odds, doubt.box) ? "in" : "out";
        return html`<li>
          <button class="quiet go" @click=${() => actions.goToBox(doubt.box)}>
            <b dir="auto">${state.data.texts[doubt.box]}</b>
            <span class="muted">${clock(state.data.frames[state.data.frame[doubt.box]] / state.data.rate)}, ${word}: ${DOUBT_WORDS[doubt.kind]}</span>
          </button>
          <button @click=${() => actions.keep(doubt)} aria-label="Keep the label of ${state.data.texts[doubt.box]}">Keep</button>
          <button ?disabled=${Boolean(state.readOnly)} @click=${() => actions.flip(doubt.box)} aria-label="Flip the label of ${state.data.texts[doubt.box]}">Flip</button>
        </li>`;
      })}
    </ul>
  </section>`;
}

/** What can be done with the boxes that are selected, below the canvas. @param {State} state @param {number[]} boxes @param {Actions} actions */
export function selectionBar(state, boxes, actions) {
  const { data } = state;
  const count = data.first[state.frame + 1] - data.first[state.frame];
  const open = state.stats.open[state.frame];
  const index = data.frames[state.frame];
  const frames = frameCount(data, boxes);
  const words = boxes.length
    ? `${plural(boxes.length, "box", "boxes")}${frames > 1 ? ` in ${plural(frames, "frame")}` : ""}`
    : `${clock(index / data.rate)} · frame ${index} · ${plural(count, "box", "boxes")}${open && open !== count ? `, ${open} unlabelled` : ""}`;
  const none = !boxes.length || Boolean(state.readOnly);
  return html`<div class="selection-bar" role="toolbar" aria-label="Mark">
    <span class="what number" dir="auto">${words}${boxes.length === 1 ? html` <b dir="auto">“${data.texts[boxes[0]]}”</b>` : nothing}</span>
    <span class="spacer"></span>
    <button class="mark-in" ?disabled=${none} @click=${() => actions.mark("in")}><span aria-hidden="true">●</span> In ${keySign("layout.markIn")}</button>
    <button class="mark-out" ?disabled=${none} @click=${() => actions.mark("out")}><span aria-hidden="true">✕</span> Out ${keySign("layout.markOut")}</button>
    <button ?disabled=${none} @click=${() => actions.mark("clear")}>Clear ${keySign("layout.clear")}</button>
    <button ?disabled=${boxes.length !== 1} @click=${actions.selectSame}>Same place ${keySign("layout.selectSame")}</button>
    <button class="primary" title="Accept what is predicted for this frame, and go on" ?disabled=${!state.odds || Boolean(state.readOnly)} @click=${actions.accept}>Accept ${keySign("layout.accept")}</button>
  </div>`;
}
