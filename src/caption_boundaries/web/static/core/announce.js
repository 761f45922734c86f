// Words that appear for a moment, and words for screen readers.

import { html, render, repeat } from "../vendor/lit.js";

/** @typedef {{id: number, text: string, bad: boolean, action?: {label: string, run: () => void}}} Toast */

/** @type {Toast[]} */
let toasts = [];
let lastId = 0;
const region = document.createElement("div");
region.setAttribute("role", "status");
region.setAttribute("aria-live", "polite");
region.className = "visually-hidden";
region.id = "announcements";
const stack = document.createElement("div");
stack.className = "toasts";
document.body.append(region, stack);

/**
 * Says something to screen readers only.
 * @param {string} text
 */
export function announce(text) {
  region.textContent = text;
}

/**
 * Shows words for a few seconds.
 * @param {string} text
 * @param {{bad?: boolean, action?: {label: string, run: () => void}}} [options]
 */
export function toast(text, { bad = false, action } = {}) {
  const id = ++lastId;
  toasts = [...toasts.slice(-2), { id, text, bad, action }];
  announce(text);
  draw();
  setTimeout(() => dismiss(id), bad ? 9000 : 4500);
}

/** @param {number} id */
function dismiss(id) {
  toasts = toasts.filter((item) => item.id !== id);
  draw();
}

function draw() {
  render(
    repeat(
      toasts,
      (item) => item.id,
      (item) => html`<div class="toast ${item.bad ? "bad" : ""}">
        <span>${item.text}</span>
        ${item.action
          ? html`<button
              @click=${() => {
                item.action?.run();
                dismiss(item.id);
              }}
            >${item.action.label}</button>`
          : ""}
      </div>`,
    ),
    stack,
  );
}
