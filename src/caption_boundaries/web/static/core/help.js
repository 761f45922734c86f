// The sheet of all keys, made of the same table that drives them; keys are bound anew here.

import { html, render } from "../vendor/lit.js";
import { mac, ownKeys, register, setOwnKeys, setSingleKeys, singleKeysOn, table } from "./commands.js";
import { showDialog } from "./dialog.js";
import { combinationOf, conflicts, spoken } from "./keys.js";

/** Command that waits for its new key. */
let waiting = "";

/** @param {HTMLElement} container */
function draw(container) {
  const entries = table();
  const doubled = conflicts(entries);
  const groups = [...new Set(entries.map((entry) => entry.group))];
  render(
    html`<div class="keys-columns">
        ${groups.map(
          (group) => html`<section>
            <h3>${group}</h3>
            <table class="keys-table">
              ${entries.filter((entry) => entry.group === group).map((entry) => keyRow(entry, doubled, container))}
            </table>
          </section>`,
        )}
      </div>
      ${doubled.size
        ? html`<p class="notice warn">Used twice: ${[...doubled.keys()].join(", ")}. The first command of the table wins.</p>`
        : ""}
      <div class="row">
        <label
          ><input type="checkbox" .checked=${singleKeysOn()}
            @change=${(/** @type {Event} */ event) => setSingleKeys(/** @type {HTMLInputElement} */ (event.target).checked)} />
          Single letters and symbols act as keys</label>
        <span class="spacer"></span>
        <button type="button" @click=${() => {
          setOwnKeys({});
          draw(container);
        }}>Usual keys</button>
      </div>
      <p class="muted">Choose a key to bind its command anew. ${mac ? "" : "On a Mac, Ctrl is ⌘."}</p>`,
    container,
  );
}

/**
 * @param {import("./boot.js").KeyEntry} entry
 * @param {Map<string, string[]>} doubled
 * @param {HTMLElement} container
 */
function keyRow(entry, doubled, container) {
  const shown = entry.keys.map((key) => spoken(key, mac)).join(" or ");
  const bad = entry.keys.some((key) => doubled.has(spoken(key)));
  return html`<tr>
    <td>
      <button
        type="button"
        class="key ${bad ? "danger" : ""}"
        aria-label="${entry.label}: ${shown}. Bind anew"
        @click=${() => {
          waiting = entry.command;
          draw(container);
        }}
        @keydown=${(/** @type {KeyboardEvent} */ event) => bind(event, entry.command, container)}
        @blur=${() => {
          waiting = "";
          draw(container);
        }}
      >${waiting === entry.command ? "press a key" : shown}</button>
    </td>
    <td>${entry.label}</td>
  </tr>`;
}

/**
 * @param {KeyboardEvent} event
 * @param {string} command
 * @param {HTMLElement} container
 */
function bind(event, command, container) {
  if (waiting !== command || event.key === "Tab") return;
  event.preventDefault();
  event.stopPropagation();
  const combination = combinationOf(event, mac);
  if (!combination) return;
  waiting = "";
  if (combination !== "Escape") setOwnKeys({ ...ownKeys(), [command]: [combination] });
  draw(container);
}

export function showHelp() {
  showDialog({
    title: "Keys",
    wide: true,
    body: html`<div id="keys-sheet"></div>`,
    onOpen: (dialog) => draw(/** @type {HTMLElement} */ (dialog.querySelector("#keys-sheet"))),
  });
}

register({ help: showHelp });
