// What reaches many captions at once; each is one step, which Undo takes back.

import { html } from "../vendor/lit.js";
import { toast } from "../core/announce.js";
import { confirmDialog, showDialog } from "../core/dialog.js";
import { plural } from "../core/format.js";
import { reached, repeated } from "./groups.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {(change: import("./types.js").Change) => void} Send */

/** @param {State} state @param {Send} send */
export async function mergeRepeated(state, send) {
  const groups = repeated(state.rows);
  if (!groups.length) {
    toast("No caption repeats the one before it.");
    return;
  }
  const count = groups.reduce((sum, group) => sum + group.length, 0);
  const words = `${plural(count, "caption")} become ${groups.length}: they follow each other with the same text. It is one step, which Undo takes back.`;
  if (await confirmDialog(`Merge ${plural(groups.length, "repeated caption")}?`, words, "Merge")) send({ kind: "merge", groups });
}

/** @param {State} state @param {Send} send */
export async function shiftDialog(state, send) {
  const { value, dialog } = await showDialog({
    title: "Shift captions",
    body: html`<label class="field">By how many frames (a tenth of a second each; negative: earlier)<input type="number" name="ticks" value="1" step="1" /></label>
      <label class="field">Which captions
        <select name="reach"><option value="this">Only this one</option><option value="on">From the cursor on</option><option value="all">All</option></select></label>`,
    buttons: [{ label: "Cancel", value: "" }, { label: "Shift", value: "yes", primary: true }],
    onOpen: (open) => /** @type {HTMLElement} */ (open.querySelector("[name=ticks]")).focus(),
  });
  const ticks = Math.round(Number(/** @type {HTMLInputElement} */ (dialog.querySelector("[name=ticks]")).value));
  const ids = reached(state, /** @type {HTMLSelectElement} */ (dialog.querySelector("[name=reach]")).value);
  if (value === "yes" && ticks && ids.length) send({ kind: "shift", ids, ticks, policy: state.policy });
}
