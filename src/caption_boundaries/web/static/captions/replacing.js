// Search and replace: what would change is shown with its picture and ticked before it changes.

import { html, nothing, render, repeat } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { showDialog } from "../core/dialog.js";
import { clockTenths, plural } from "../core/format.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {{id: number, start_frame_index: number, text: string, spans: [number, number][], replaced: string | null}} Hit */

const SHOWN = 200;

/** @param {State} state @param {string} place @param {(change: import("./types.js").Change) => void} send */
export async function replaceDialog(state, place, send) {
  const asked = { find: "", replace: "", match_case: false, whole_words: false };
  /** @type {Hit[]} */
  let hits = [];
  /** @type {Set<number>} */
  let ticked = new Set();
  let more = false;
  let turn = 0;
  let timer = 0;
  const body = document.createElement("div");
  body.className = "replace";

  async function search() {
    const mine = ++turn;
    try {
      const answer = asked.find ? await api.post(`${place}/search`, asked) : { hits: [], more: false };
      if (mine !== turn) return;
      ({ hits, more } = answer);
      ticked = new Set(hits.map((hit) => hit.id));
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { bad: true });
    }
    draw();
  }

  /** @param {Partial<typeof asked>} change */
  function ask(change) {
    Object.assign(asked, change);
    clearTimeout(timer);
    timer = window.setTimeout(search, 150);
  }

  const text = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
  const on = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).checked;

  /** @param {number} id @param {boolean} wanted */
  function tick(id, wanted) {
    if (wanted) ticked.add(id);
    else ticked.delete(id);
    draw();
  }

  function draw() {
    render(
      html`<div class="replace-fields">
          <label class="field">Search for<input id="find" dir="auto" maxlength="400" autocomplete="off" @input=${(/** @type {Event} */ event) => ask({ find: text(event) })} /></label>
          <label class="field">Replace with<input id="replacement" dir="auto" maxlength="400" autocomplete="off" @input=${(/** @type {Event} */ event) => ask({ replace: text(event) })} /></label>
          <label><input type="checkbox" @change=${(/** @type {Event} */ event) => ask({ match_case: on(event) })} /> Match case</label>
          <label><input type="checkbox" @change=${(/** @type {Event} */ event) => ask({ whole_words: on(event) })} /> Whole words</label>
        </div>
        <p class="muted" role="status">
          ${asked.find ? `${plural(hits.length, "caption")}${more ? " and more" : ""}, ${ticked.size} ticked` : "Ticked captions are changed in one step, which Undo takes back."}
          ${hits.length > SHOWN ? ` The first ${SHOWN} are shown.` : nothing}
        </p>
        <ul class="hits" tabindex="0" aria-label="Captions found">
          ${repeat(
            hits.slice(0, SHOWN),
            (hit) => hit.id,
            (hit) => html`<li>
              <input type="checkbox" .checked=${ticked.has(hit.id)} aria-label="Change ${hit.text}" @change=${(/** @type {Event} */ event) => tick(hit.id, on(event))} />
              <img src="/media/videos/${state.data.video}/crop/${middle(state, hit)}.jpg?v=${state.data.pictures}&width=320" alt="" loading="lazy" />
              <span class="number muted">${clockTenths(hit.start_frame_index / state.data.rate)}</span>
              <span class="texts"><span dir="auto">${spelled(hit)}</span>${hit.replaced === null ? nothing : html`<b dir="auto">${hit.replaced}</b>`}</span>
            </li>`,
          )}
        </ul>`,
      body,
    );
  }

  draw();
  const { value } = await showDialog({
    title: "Search and replace",
    wide: true,
    body,
    buttons: [{ label: "Close", value: "" }, { label: "Replace ticked", value: "yes", primary: true }],
    onOpen: (dialog) => /** @type {HTMLElement} */ (dialog.querySelector("#find")).focus(),
  });
  clearTimeout(timer);
  if (value === "yes" && asked.find && ticked.size) send({ kind: "replace", ids: [...ticked], ...asked });
}

/** Returns the frame in the middle of a hit's caption: text that fades in is whole there. @param {State} state @param {Hit} hit */
function middle(state, hit) {
  const row = state.rows.find((other) => other.id === hit.id);
  return row ? (row.start + row.end) >> 1 : hit.start_frame_index;
}

/** @param {Hit} hit */
function spelled({ text, spans }) {
  const letters = [...text];
  const parts = [];
  let at = 0;
  for (const [from, to] of spans) {
    parts.push(letters.slice(at, from).join(""), html`<mark>${letters.slice(from, to).join("")}</mark>`);
    at = to;
  }
  return [...parts, letters.slice(at).join("")];
}
