// The bar on top of every page, with the menu.

import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { toast } from "./announce.js";
import { showDialog } from "./dialog.js";
import { showHelp } from "./help.js";
import { actor, setActor } from "./person.js";
import { keySign } from "./shortcut.js";
import { setTheme, theme } from "./theme.js";

/**
 * @param {{title: string, middle?: unknown, right?: unknown, redraw: () => void}} options
 */
export function topbar({ title, middle = nothing, right = nothing, redraw }) {
  return html`<header class="topbar">
    <a class="home" href="/" title="All videos"><img src="/icon.svg" alt="All videos" /></a>
    <h1 class="title">${title}</h1>
    ${middle}
    <span class="spacer"></span>
    ${right}
    <div class="menu">
      <button class="quiet icon-button" popovertarget="menu" aria-label="Menu" title="Menu">☰</button>
      <div id="menu" class="popover" popover @beforetoggle=${place}>
        <label class="field">Your name, for the history
          <input maxlength="60" .value=${actor()} @change=${(/** @type {Event} */ event) => {
            setActor(/** @type {HTMLInputElement} */ (event.target).value);
            redraw();
          }} />
        </label>
        <label class="field">Colours
          <select .value=${theme()} @change=${(/** @type {Event} */ event) => {
            setTheme(/** @type {import("./theme.js").Theme} */ (/** @type {HTMLSelectElement} */ (event.target).value));
            redraw();
          }}>
            <option value="system">As the system</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
        <hr />
        <button @click=${() => closing(showHelp)}>Keys <span class="spacer"></span>${keySign("help")}</button>
        <button @click=${() => closing(showLink)}>Link for another browser</button>
      </div>
    </div>
  </header>`;
}

/** @param {Event} event */
function place(event) {
  const popover = /** @type {HTMLElement} */ (event.target);
  const button = document.querySelector("[popovertarget=menu]")?.getBoundingClientRect();
  if (!button) return;
  popover.style.top = `${button.bottom + 6}px`;
  popover.style.right = `${innerWidth - button.right}px`;
}

/** @param {() => void} action */
function closing(action) {
  document.getElementById("menu")?.hidePopover();
  action();
}

async function showLink() {
  try {
    const { url } = await api.post("/links", {});
    await showDialog({
      title: "Link for another browser",
      body: html`<p>It works once, within ten minutes, and lets in whoever has it.</p>
        <input readonly .value=${url} aria-label="Link" @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()} />`,
      onOpen: (dialog) => dialog.querySelector("input")?.focus(),
    });
  } catch (error) {
    toast(String(/** @type {Error} */ (error).message), { bad: true });
  }
}
