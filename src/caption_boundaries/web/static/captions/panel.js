// The panel on the right: where the caption starts and ends, its status and notes, progress, and history.

import { html, live, noChange, nothing } from "../vendor/lit.js";
import { clockThousandths, percent, plural } from "../core/format.js";
import { historySection } from "../core/history.js";
import { keySign, tip } from "../core/shortcut.js";
import { isGap, progress, shownText, stateWords } from "./rows.js";
import { currentRow, moments } from "./state.js";
import { STATUSES } from "./text.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {import("./page.js").Actions} Actions */
/** @typedef {import("./moving.js").Moving} Moving */

const KIND_WORDS = new Map([
  ["set-edge", "Moved an edge"], ["nudge", "Nudged an edge"], ["set-extents", "Moved a caption"], ["shift", "Shifted captions"],
  ["add", "New caption"], ["split", "Split"], ["merge", "Merged"], ["clear", "Made a gap"], ["delete", "Deleted"],
  ["confirm", "Confirmed"], ["set-text", "Changed the text"], ["set-status", "Changed the status"], ["set-notes", "Wrote a note"],
  ["no-text", "No text"], ["replace", "Replaced"], ["read", "Read again"], ["import", "Imported"], ["review", "Text review"],
  ["undo", "Undo"], ["redo", "Redo"],
]);

/** @param {State} state @param {Actions} actions @param {Moving} moving @param {{search: (text: string) => void}} set */
export function panel(state, actions, moving, set) {
  const row = currentRow(state);
  return html`
    ${row ? extentsSection(state, row, actions) : html`<section><p class="muted">No caption is chosen.</p></section>`}
    ${row && !isGap(row) ? textSection(state, row, actions, set) : nothing}
    ${progressSection(state, actions)} ${historySection(state.history, KIND_WORDS, { load: actions.loadHistory, go: (frame) => moving.toFrame(frame) })}
  `;
}

/** @param {State} state @param {Row} row @param {Actions} actions */
function extentsSection(state, row, actions) {
  const { start, end } = moments(row, state.data.rate);
  const locked = Boolean(state.readOnly);
  const chip = row.pending ? "warn" : row.state === "confirmed" ? "good" : row.state === "issue" ? "warn" : "";
  return html`<section class="extents">
    <h2>${isGap(row) ? "Gap" : "Extents"} <span class="chip ${chip}">${stateWords(row)}</span></h2>
    ${isGap(row)
      ? html`<p class="number">${clockThousandths(start)} – ${clockThousandths(end)}</p>`
      : [edgeRow(state, row, "start", start, actions), edgeRow(state, row, "end", end, actions)]}
    <p class="muted number">${plural(row.end - row.start + 1, "frame")}, ${(end - start).toFixed(2)} s${row.sure !== null && row.state === "predicted" ? ` · ${percent(row.sure)} sure` : ""}</p>
    ${state.fine && !state.data.source.available ? html`<p class="notice warn">${state.data.source.reason}</p>` : nothing}
    ${isGap(row)
      ? html`<div class="row wrap"><button ?disabled=${locked} @click=${actions.insert}>New caption here ${keySign("captions.insert")}</button></div>`
      : html`<div class="row wrap small">
          <button ?disabled=${locked} @click=${actions.split}>Split ${keySign("captions.split")}</button>
          <button ?disabled=${locked} @click=${actions.merge}>Merge ${keySign("captions.merge")}</button>
          <button ?disabled=${locked} @click=${actions.gap}>Gap ${keySign("captions.gap")}</button>
          <button class="danger" ?disabled=${locked} title=${tip("Delete the caption", "captions.delete")} @click=${actions.remove}>Delete</button>
          <button class="quiet" ?disabled=${locked} aria-pressed=${row.state === "issue"} title="Not a single clean caption" @click=${actions.issue}>! Issue</button>
          <button class="quiet" ?disabled=${locked} aria-pressed=${row.pending} title="Somebody should look at it again" @click=${actions.pending}>↻ Look again</button>
        </div>`}
    ${state.ghost ? ghostNotice(state) : nothing}
  </section>`;
}

/** @param {State} state */
function ghostNotice({ ghost, rows }) {
  if (!ghost) return nothing;
  const gone = ghost.gone.filter((id) => rows.some((row) => row.id === id && !isGap(row))).length;
  const words = [
    ghost.message,
    ghost.hurt.length ? `${plural(ghost.hurt.length, "confirmed caption")} would change.` : "",
    gone ? `${plural(gone, "caption")} would go.` : "",
  ].filter(Boolean);
  return html`<p class="notice ${ghost.hurt.length ? "warn" : ""} ghost" role="status">${words.join(" ") || "The dashed outline shows what would be saved."}</p>`;
}

/** @param {State} state @param {Row} row @param {Edge} edge @param {number} seconds @param {Actions} actions */
function edgeRow(state, row, edge, seconds, actions) {
  const name = edge === "start" ? "Start" : "End";
  const locked = Boolean(state.readOnly);
  const earlier = edge === "start" ? "captions.startEarlier" : "captions.endEarlier";
  const later = edge === "start" ? "captions.startLater" : "captions.endLater";
  const exact = (edge === "start" ? row.startSeconds : row.endSeconds) !== null;
  return html`<div class="edge-row ${state.edge === edge ? "active" : ""}" role="group" aria-label=${name}>
    <span class="name">${name}</span>
    <label class="visually-hidden" for="edge-${edge}">${name} frame</label>
    <input id="edge-${edge}" type="number" min="0" max=${state.data.count - 1} ?disabled=${locked} .value=${unlessTyping(`edge-${edge}`, String(row[edge]))} @keydown=${leaveNumber}
      @change=${(/** @type {Event} */ event) => actions.setEdge(edge, Number(/** @type {HTMLInputElement} */ (event.target).value))} />
    <span class="number time" title=${exact ? "exact to the picture of the video" : "exact to a tenth of a second"}>${clockThousandths(seconds)}${exact ? "" : "~"}</span>
    <span class="nudges">
      ${nudge(`${name} one frame earlier`, "«", earlier, locked, () => actions.nudge(edge, -1))}
      ${nudge(`${name} one picture of the video earlier`, "‹", `${earlier}Source`, locked, () => actions.nudgeSource(edge, -1))}
      ${nudge(`${name} one picture of the video later`, "›", `${later}Source`, locked, () => actions.nudgeSource(edge, 1))}
      ${nudge(`${name} one frame later`, "»", later, locked, () => actions.nudge(edge, 1))}
    </span>
  </div>`;
}

/** @param {string} label @param {string} sign @param {string} command @param {boolean} locked @param {() => void} act */
function nudge(label, sign, command, locked, act) {
  return html`<button class="icon-button" ?disabled=${locked} aria-label=${label} title=${tip(label, command)} @click=${act}>${sign}</button>`;
}

/** @param {State} state @param {Row} row @param {Actions} actions @param {{search: (text: string) => void}} set */
function textSection(state, row, actions, set) {
  const text = shownText(row);
  const same = text ? state.rows.filter((other) => other.id !== row.id && !isGap(other) && shownText(other) === text).length : 0;
  const locked = Boolean(state.readOnly);
  return html`<section>
    <h2>Text ${row.textSure !== null ? html`<span class="plain number">read, ${percent(row.textSure)} sure</span>` : nothing}</h2>
    <label class="field">Status
      <select id="status" ?disabled=${locked} .value=${live(row.status ?? "")}
        @keydown=${(/** @type {KeyboardEvent} */ event) => event.stopPropagation()}
        @change=${(/** @type {Event} */ event) => actions.status(/** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value) || null)}>
        <option value="">Not confirmed</option>
        ${STATUSES.map(([value, label]) => html`<option value=${value}>${label}</option>`)}
      </select>
    </label>
    <label class="field">Notes
      <textarea id="notes" rows="2" maxlength="4000" dir="auto" ?disabled=${locked} .value=${unlessTyping("notes", row.notes)} @keydown=${leaveNotes}
        @focus=${(/** @type {Event} */ event) => (/** @type {HTMLElement} */ (event.target).dataset.base = String(state.revision))}
        @change=${noted(actions)}></textarea>
    </label>
    ${same ? html`<p class="muted">${plural(same, "other caption")} read${same === 1 ? "s" : ""} the same – <button class="link" @click=${() => set.search(text)}>show</button></p>` : nothing}
  </section>`;
}

/** Returns what a field shows; while somebody types in it, it is theirs. @param {string} id @param {string} value */
function unlessTyping(id, value) {
  return document.activeElement?.id === id ? noChange : live(value);
}

/** @param {Actions} actions */
function noted(actions) {
  return (/** @type {Event} */ event) => {
    const { value, dataset } = /** @type {HTMLTextAreaElement} */ (event.target);
    actions.notes(value, Number(dataset.base));
  };
}

/** Enter takes the number over, and nothing else: what it confirms would be the caption as it was. @param {KeyboardEvent} event */
function leaveNumber(event) {
  if (event.key !== "Enter") return;
  event.stopPropagation();
  event.preventDefault();
  /** @type {HTMLElement} */ (event.target).blur();
  document.getElementById("stage")?.focus();
}

/** @param {KeyboardEvent} event */
function leaveNotes(event) {
  if (event.isComposing || (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey))) return;
  // Enter saves the note first; then it confirms as everywhere.
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
  }
  /** @type {HTMLElement} */ (event.target).blur();
  if (event.key === "Escape") document.getElementById("stage")?.focus();
}

/** @param {State} state @param {Actions} actions */
function progressSection(state, actions) {
  const done = progress(state.rows);
  const share = (/** @type {number} */ part, /** @type {number} */ whole) => (whole ? part / whole : 0);
  const complete = state.review === "complete";
  return html`<section>
    <h2>Progress</h2>
    ${meter("Extents", share(done.extents, done.captions), `${done.extents.toLocaleString("en")} of ${done.captions.toLocaleString("en")}`)}
    ${meter("Text", share(done.text, done.captions), `${done.text.toLocaleString("en")} of ${done.captions.toLocaleString("en")}`)}
    ${done.pending ? html`<p class="muted">${plural(done.pending, "caption")} to be looked at again</p>` : nothing}
    <div class="row wrap">
      <button ?disabled=${Boolean(state.readOnly)} aria-pressed=${complete} @click=${() => actions.review(complete ? "pending" : "complete")}>
        ${complete ? "✓ Text review complete" : "Text review complete"}
      </button>
    </div>
  </section>`;
}

/** @param {string} name @param {number} part @param {string} words */
function meter(name, part, words) {
  return html`<div class="pass">
    <span class="muted">${name}</span><span class="number words">${words}</span>
    <div class="meter ${part >= 1 ? "good" : ""}" role="img" aria-label="${name}: ${percent(part)}"><span .style=${`width: ${part * 100}%`}></span></div>
  </div>`;
}
