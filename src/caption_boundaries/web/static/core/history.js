// What was done, by whom, and the way to where it was.

import { html, nothing } from "../vendor/lit.js";
import { ago } from "./format.js";

/**
 * @typedef {{seq: number, kind: string, actor: string, at: string, undoes: number | null, rows: number, frame_index: number | null}} HistoryEntry
 * @param {HistoryEntry[] | null} entries the newest first; null: not loaded
 * @param {Map<string, string>} words what people call each kind of action
 * @param {{load: () => void, go: (frame: number) => void}} actions
 */
export function historySection(entries, words, { load, go }) {
  return html`<section>
    <details @toggle=${(/** @type {Event} */ event) => /** @type {HTMLDetailsElement} */ (event.target).open && load()}>
      <summary>History</summary>
      <ol class="history">
        ${(entries ?? []).map(
          (entry) => html`<li>
            <button class="quiet go" ?disabled=${entry.frame_index === null} @click=${() => entry.frame_index !== null && go(entry.frame_index)}>
              <span>${words.get(entry.kind) ?? entry.kind}${entry.rows > 1 ? ` (${entry.rows})` : ""}</span>
              <span class="muted">${entry.actor}, ${ago(entry.at)}</span>
            </button>
          </li>`,
        )}
      </ol>
      ${entries?.length === 0 ? html`<p class="muted">Nothing was done yet.</p>` : nothing}
    </details>
  </section>`;
}
