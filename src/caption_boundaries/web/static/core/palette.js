// Finds a command by its name.

import { html, render } from "../vendor/lit.js";
import { has, mac, register, run, table } from "./commands.js";
import { showDialog } from "./dialog.js";
import { spoken } from "./keys.js";

/**
 * Returns the commands whose words begin with what was typed, in the table's order.
 * @param {import("./boot.js").KeyEntry[]} entries
 * @param {string} typed
 */
export function found(entries, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => words.every((word) => `${entry.group} ${entry.label}`.toLowerCase().includes(word)));
}

export async function showPalette() {
  let typed = "";
  let place = 0;
  /** @type {HTMLDialogElement | undefined} */
  let open;

  const shown = () => found(table().filter((entry) => has(entry.command) && entry.command !== "palette"), typed);
  const body = document.createElement("div");

  const draw = () => {
    const entries = shown();
    place = Math.max(0, Math.min(place, entries.length - 1));
    render(
      html`<input
          id="palette-input"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant=${entries.length ? `palette-${place}` : ""}
          aria-label="Command"
          placeholder="What do you want to do?"
          autocomplete="off"
          @input=${(/** @type {InputEvent} */ event) => {
            typed = /** @type {HTMLInputElement} */ (event.target).value;
            place = 0;
            draw();
          }}
          @keydown=${(/** @type {KeyboardEvent} */ event) => {
            if (event.key === "ArrowDown") place += 1;
            else if (event.key === "ArrowUp") place -= 1;
            else if (event.key === "Enter" && !event.isComposing && entries[place]) {
              event.preventDefault();
              open?.close(entries[place].command);
              return;
            } else return;
            event.preventDefault();
            draw();
          }}
        />
        <ul class="palette-list" id="palette-list" role="listbox" aria-label="Commands">
          ${entries.map(
            (entry, number) => html`<li
              id="palette-${number}"
              role="option"
              aria-selected=${number === place}
              @click=${() => open?.close(entry.command)}
            ><span>${entry.label}</span><span class="spacer"></span>${entry.keys.map((key) => html`<kbd>${spoken(key, mac)}</kbd>`)}</li>`,
          )}
        </ul>`,
      body,
    );
    body.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };

  draw();
  const { value } = await showDialog({
    title: "Commands",
    body,
    buttons: [],
    onOpen: (dialog) => {
      open = dialog;
      /** @type {HTMLElement} */ (dialog.querySelector("#palette-input")).focus();
    },
  });
  if (value) run(value);
}

register({ palette: showPalette });
