// How a command's key is shown on buttons and tooltips.

import { html } from "../vendor/lit.js";
import { mac, table } from "./commands.js";
import { spoken } from "./keys.js";

/** Returns the first key of a command as people read it, or "". @param {string} command */
export function keyOf(command) {
  const key = table().find((entry) => entry.command === command)?.keys[0];
  return key ? spoken(key, mac) : "";
}

/** Returns the key of a command as a small sign. @param {string} command */
export function keySign(command) {
  const key = keyOf(command);
  return key ? html`<span class="key" aria-hidden="true">${key}</span>` : "";
}

/** Returns what a tooltip says. @param {string} label @param {string} command */
export function tip(label, command) {
  const key = keyOf(command);
  return key ? `${label} (${key})` : label;
}
