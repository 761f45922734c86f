// A word to those who see a screen for the first time; shown until it is put away.

import { html } from "../vendor/lit.js";

/** @param {string} name */
export function hintSeen(name) {
  return localStorage.getItem(`hint:${name}`) === "seen";
}

/**
 * Returns the hint of a screen, or nothing once it was put away.
 * @param {string} name
 * @param {unknown} text
 * @param {() => void} redraw
 */
export function hint(name, text, redraw) {
  if (hintSeen(name)) return "";
  return html`<aside class="notice hint" aria-label="Hint">
    <span>${text}</span>
    <span class="spacer"></span>
    <button
      @click=${() => {
        localStorage.setItem(`hint:${name}`, "seen");
        redraw();
      }}
    >Got it</button>
  </aside>`;
}
