// The text of the caption in focus, right below its pictures.

import { html, live, nothing } from "../vendor/lit.js";
import { percent } from "../core/format.js";
import { keySign, tip } from "../core/shortcut.js";
import { isGap } from "./rows.js";
import { currentRow, fieldText } from "./state.js";
import { marked, offered, sourceWords } from "./text.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./page.js").Actions} Actions */

/** @param {State} state @param {Actions} actions @param {{again: () => void}} readings */
export function editor(state, actions, readings) {
  const row = currentRow(state);
  if (!row) return html`<div class="editor empty"><p class="muted">No caption is chosen.</p></div>`;
  if (isGap(row)) return html`<div class="editor empty"><p class="muted">A gap: nothing is shown here. ${keySign("captions.insert")} makes a caption around the cursor.</p></div>`;
  const text = fieldText(state);
  const known = state.readings?.id === row.id ? state.readings : null;
  const candidates = offered(known?.candidates ?? [], row.text);
  const doubts = marked(text, candidates).filter(({ mark }) => mark === "d" || mark === "n");
  const doubtful = doubts.length ? `Doubtful: ${doubts.map(({ letter }) => letter).join(" ")}` : "";
  return html`<div class="editor">
    <div class="text-field">
      <div class="marks" dir="auto" aria-hidden="true">${marked(text, candidates).map(({ letter, mark }) =>
        mark === "d" || mark === "n" ? html`<mark class=${mark}>${letter}</mark>` : letter,
      )}</div>
      <textarea
        id="text"
        rows="2"
        maxlength="2000"
        dir="auto"
        lang=${languageOf(text)}
        placeholder=${row.text === "" ? "no text" : "not read yet"}
        aria-label="Text of the caption"
        aria-describedby="text-state"
        spellcheck="false"
        ?readonly=${Boolean(state.readOnly)}
        .value=${live(text)}
        @input=${(/** @type {Event} */ event) => actions.type(/** @type {HTMLTextAreaElement} */ (event.target).value)}
        @blur=${actions.flush}
        @keydown=${leave}
      ></textarea>
    </div>
    ${doubtful ? html`<p class="visually-hidden" role="note">${doubtful}</p>` : nothing}
    <div class="row wrap candidates" role="group" aria-label="Readings">
      <span id="text-state" class="chip ${textChip(state).kind}">${textChip(state).words}</span>
      ${candidates
        .filter((candidate) => candidate.text !== text)
        .slice(0, 4)
        .map(
          (candidate) => html`<button class="candidate" ?disabled=${Boolean(state.readOnly)} title="${sourceWords(candidate)}${candidate.confidence === null ? "" : `, ${percent(candidate.confidence)}`}" @click=${() => actions.type(candidate.text)}>
            <span dir="auto">${candidate.text || "(nothing)"}</span>
          </button>`,
        )}
      <span class="spacer"></span>
      ${known?.stale ? html`<span class="muted">read from other frames</span>` : nothing}
      <button class="quiet" ?disabled=${known?.busy} title=${tip("Read the pictures again", "captions.readAgain")} @click=${readings.again}>${known?.busy ? "Reading …" : "Read again"}</button>
      <button class="quiet" ?disabled=${Boolean(state.readOnly)} title=${tip("There is no text", "captions.noText")} @click=${actions.noText}>No text</button>
    </div>
  </div>`;
}

/** @param {State} state */
function textChip(state) {
  const row = currentRow(state);
  if (!row || (row.text === null && state.draft?.id !== row.id)) return { kind: "", words: "as read, not confirmed" };
  if (state.draft?.id === row.id && state.draft.text !== (row.text ?? "")) return { kind: "warn", words: "typed, not saved yet" };
  if (row.textPending) return { kind: "warn", words: "↻ frames changed: look again" };
  if (row.status === null) return { kind: "", words: "not confirmed" };
  return row.status === "valid_caption" || row.status === "confirmed" ? { kind: "good", words: "✓ text confirmed" } : { kind: "warn", words: `⚑ ${row.status.replaceAll("_", " ")}` };
}

/** Escape leaves the field, so that letters are keys again. @param {KeyboardEvent} event */
function leave(event) {
  if (event.key !== "Escape" || event.isComposing) return;
  event.stopPropagation();
  event.preventDefault();
  document.getElementById("stage")?.focus();
}

/** Returns what fonts and screen readers need to know of a text. @param {string} text */
export function languageOf(text) {
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  if (/[\uac00-\ud7af]/.test(text)) return "ko";
  if (/[\u4e00-\u9fff]/.test(text)) return "zh";
  return nothing;
}
