// Import with a look at what would change first, and export.

import { html, nothing, render, repeat } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { showDialog } from "../core/dialog.js";
import { clockTenths, plural } from "../core/format.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {{number: number, op: "add" | "change" | "remove", start_seconds: number | null, end_seconds: number | null,
 *   start_frame_index: number, end_frame_index: number, text: string | null, row_id: number | null,
 *   before: {start_frame_index: number, end_frame_index: number, text: string | null} | null, moves: boolean, retexts: boolean, confirmed: boolean}} Item */

const NAMES = new Map([
  ["srt", "SubRip (.srt)"],
  ["vtt", "WebVTT (.vtt)"],
  ["ass", "Advanced SubStation (.ass)"],
  ["ttml", "TTML (.ttml)"],
  ["csv", "Table (.csv)"],
  ["json", "JSON"],
  ["jsonl", "JSON lines (.jsonl)"],
]);
const OPS = { add: "new", change: "changed", remove: "not in the file" };
const SHOWN = 300;

/** Returns what is ticked at first: nothing that a person settled, and nothing that the file merely lacks. @param {Item[]} items */
export function usualTicks(items) {
  return new Set(items.filter((item) => item.op !== "remove" && !item.confirmed).map((item) => item.number));
}

/** @param {State} state @param {string} place @param {(change: import("./types.js").Change) => void} send */
export function importDialog(state, place, send) {
  const input = document.createElement("input");
  input.type = "file";
  input.id = "import-file";
  input.hidden = true;
  input.accept = ".srt,.vtt,.ass,.ttml,.xml,.csv,.json,.jsonl";
  document.getElementById("import-file")?.remove();
  document.body.append(input);
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    input.remove();
    if (!file) return;
    try {
      const content = await file.text();
      const answer = await api.post(`${place}/import-preview`, { format: null, content, name: file.name });
      await showDifferences(state, answer, (ticked) => send({ kind: "import", format: answer.format, content, digest: answer.digest, ticked, policy: state.policy }));
    } catch (error) {
      const { message, hint } = /** @type {api.ApiError} */ (error);
      toast([message, hint].filter(Boolean).join(" "), { bad: true });
    }
  });
  input.click();
}

/** @param {State} state @param {{items: Item[], same: number, cues: number}} answer @param {(ticked: number[]) => void} apply */
async function showDifferences(state, { items, same, cues }, apply) {
  const ticked = usualTicks(items);
  const body = document.createElement("div");
  body.className = "import";
  const count = (/** @type {Item["op"]} */ op) => items.filter((item) => item.op === op).length;

  /** @param {Item[]} which @param {boolean} wanted */
  function tick(which, wanted) {
    for (const item of which) {
      if (wanted) ticked.add(item.number);
      else ticked.delete(item.number);
    }
    draw();
  }

  function draw() {
    render(
      html`<p>
          ${plural(cues, "caption")} in the file: ${same.toLocaleString("en")} as they are here, ${count("add")} new, ${count("change")} changed;
          ${count("remove")} here that the file does not have.
        </p>
        ${items.some((item) => item.confirmed) ? html`<p class="notice">What a person has settled is not ticked.</p>` : nothing}
        <div class="row wrap">
          <button type="button" @click=${() => tick(items, true)}>All</button>
          <button type="button" @click=${() => tick(items, false)}>None</button>
          <span class="muted" role="status">${ticked.size} of ${items.length} ticked${items.length > SHOWN ? `; the first ${SHOWN} are shown` : ""}</span>
        </div>
        <ul class="hits" tabindex="0" aria-label="Differences">
          ${repeat(
            items.slice(0, SHOWN),
            (item) => item.number,
            (item) => html`<li>
              <input type="checkbox" .checked=${ticked.has(item.number)} aria-label="Take over: ${OPS[item.op]}, ${item.text ?? item.before?.text ?? ""}"
                @change=${(/** @type {Event} */ event) => tick([item], /** @type {HTMLInputElement} */ (event.target).checked)} />
              <span class="chip ${item.op === "add" ? "good" : item.op === "remove" ? "bad" : "warn"}">${OPS[item.op]}</span>
              <span class="number muted">${when(state, item)}</span>
              <span class="texts">${before(state, item)}${item.op === "remove" ? nothing : html`<b dir="auto">${item.text ?? ""}</b>`}</span>
            </li>`,
          )}
        </ul>`,
      body,
    );
  }

  draw();
  const { value } = await showDialog({
    title: "Import: what would change",
    wide: true,
    body,
    buttons: [{ label: "Cancel", value: "" }, { label: "Take over ticked", value: "yes", primary: true }],
  });
  if (value === "yes" && ticked.size) apply([...ticked].sort((a, b) => a - b));
}

/** Returns when a caption is shown, as the file says; what the file does not have is where it is here. @param {State} state @param {Item} item */
function when({ data }, item) {
  const start = item.start_seconds ?? item.start_frame_index / data.rate;
  const end = item.end_seconds ?? (item.end_frame_index + 1) / data.rate;
  return `${clockTenths(start)} – ${clockTenths(end)}`;
}

/** @param {State} state @param {Item} item */
function before({ data }, item) {
  if (!item.before) return nothing;
  const { start_frame_index: start, end_frame_index: end, text } = item.before;
  const words = [item.moves ? `${clockTenths(start / data.rate)} – ${clockTenths((end + 1) / data.rate)}` : "", item.retexts || item.op === "remove" ? text ?? "" : ""];
  return html`<s dir="auto">${words.filter(Boolean).join(" ")}</s>`;
}

/** @param {State} state @param {string} place @param {string} name of the video */
export async function exportDialog(state, place, name) {
  const { value, dialog } = await showDialog({
    title: "Export",
    body: html`<label class="field">Format
        <select name="format">${state.data.formats.map((format) => html`<option value=${format}>${NAMES.get(format) ?? format}</option>`)}</select></label>
      <label><input type="checkbox" name="confirmed" /> Only what a person has confirmed</label>`,
    buttons: [{ label: "Cancel", value: "" }, { label: "Export", value: "yes", primary: true }],
  });
  if (value !== "yes") return;
  const format = /** @type {HTMLSelectElement} */ (dialog.querySelector("[name=format]")).value;
  const confirmed = /** @type {HTMLInputElement} */ (dialog.querySelector("[name=confirmed]")).checked;
  try {
    await api.download(`${place}/export/${format}?confirmed=${confirmed ? 1 : 0}`, `${name.replace(/\.[^.]+$/, "")}.${format}`);
  } catch (error) {
    toast(/** @type {Error} */ (error).message, { bad: true });
  }
}
