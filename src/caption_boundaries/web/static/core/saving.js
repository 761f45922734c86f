// The queue of actions of a page: kept over a reload, its state always visible.

import { html } from "../vendor/lit.js";
import { post } from "./api.js";
import { actor, session } from "./person.js";
import { ActionQueue } from "./queue.js";

/** @typedef {import("./queue.js").Pending} Pending */

/**
 * @param {{
 *   place: string,
 *   onState: (state: import("./queue.js").SaveState, message: string) => void,
 *   onAnswer: (answer: any, action: Pending) => void,
 *   onRefused: (error: any, action: Pending) => "drop" | "again" | Promise<"drop" | "again">,
 * }} options `place` is the part of the address below /api/v1 that belongs to the tool
 */
export function createQueue({ place, ...rest }) {
  const key = `unsent:${place}`;
  const queue = new ActionQueue({
    send: (path, body) => post(`${place}/${path}`, { actor: actor(), session, ...body }),
    storage: {
      load: () => JSON.parse(sessionStorage.getItem(key) ?? "[]"),
      save: (pending) => sessionStorage.setItem(key, JSON.stringify(pending)),
    },
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    ...rest,
  });
  addEventListener("beforeunload", (event) => {
    if (queue.pending.length) event.preventDefault();
  });
  return queue;
}

/** @param {{state: import("./queue.js").SaveState, message: string}} save */
export function saveIndicator({ state, message }) {
  const words = { saved: "✓ saved", saving: "saving …", unsaved: "⚠ NOT SAVED – retrying" }[state];
  return html`<span id="save" class="save row" data-state=${state} title=${message} role="status">${words}</span>`;
}
