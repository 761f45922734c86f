// A row of buttons of which one is on.

import { html } from "../vendor/lit.js";

/**
 * @template {string} T
 * @param {string} name
 * @param {T} now
 * @param {(value: T) => void} choose
 * @param {[T, string, string][]} choices value, label and tooltip
 */
export function choice(name, now, choose, choices) {
  return html`<div class="segmented" role="group" aria-label=${name}>
    ${choices.map(
      ([value, label, title]) =>
        html`<button aria-pressed=${value === now} title=${title} @click=${() => choose(value)}>${label}</button>`,
    )}
  </div>`;
}
