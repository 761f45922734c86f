// When two people change the same: both versions are shown, and neither is lost.

import { html } from "../vendor/lit.js";
import { showDialog } from "./dialog.js";
import { ago } from "./format.js";

/**
 * Shows both versions and returns whose counts.
 * @param {{actor: string, at: string, rows: {name: string, mine: unknown, theirs: unknown}[]}} conflict
 * @returns {Promise<"mine" | "theirs">}
 */
export async function conflictDialog({ actor, at, rows }) {
  const { value } = await showDialog({
    title: "Changed by somebody else",
    wide: rows.length > 0,
    body: html`<p><b>${actor || "Somebody"}</b> changed the same ${at ? ago(at) : ""}. Nothing of yours was lost; which counts?</p>
      <table class="conflict keys-table">
        <thead><tr><th scope="col"></th><th scope="col">Yours</th><th scope="col">Theirs</th></tr></thead>
        <tbody>${rows.slice(0, 30).map((row) => html`<tr><td dir="auto">${row.name}</td><td dir="auto">${row.mine}</td><td dir="auto">${row.theirs}</td></tr>`)}</tbody>
      </table>
      ${rows.length > 30 ? html`<p class="muted">and ${rows.length - 30} more</p>` : ""}`,
    buttons: [
      { label: "Take theirs", value: "theirs" },
      { label: "Keep mine", value: "mine", primary: true },
    ],
  });
  return value === "mine" ? "mine" : "theirs";
}
