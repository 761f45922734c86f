// Commands by name, and the one listener that turns keys into commands.

import { boot } from "./boot.js";
import { isSingleCharacter, matches, parseCombination, rebind } from "./keys.js";

/** @typedef {import("./boot.js").KeyEntry} KeyEntry */
/** @typedef {(event?: KeyboardEvent) => void} Handler */

export const mac = navigator.platform.startsWith("Mac");

/** @type {Map<string, Handler>} */
const handlers = new Map();
/** @type {Map<string, () => void>} */
const releases = new Map();

/** Returns the table of this screen, with a person's own keys. @returns {KeyEntry[]} */
export function table() {
  const usual = [...(boot.keymap?.[boot.screen] ?? []), ...(boot.keymap?.everywhere ?? [])];
  return rebind(usual, ownKeys());
}

/** @returns {Record<string, string[]>} */
export function ownKeys() {
  try {
    return JSON.parse(localStorage.getItem("keys") ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Record<string, string[]>} own */
export function setOwnKeys(own) {
  localStorage.setItem("keys", JSON.stringify(own));
}

export function singleKeysOn() {
  return localStorage.getItem("singleKeys") !== "off";
}

/** @param {boolean} on */
export function setSingleKeys(on) {
  localStorage.setItem("singleKeys", on ? "on" : "off");
}

/**
 * @param {Record<string, Handler>} commands
 * @param {Record<string, () => void>} [onRelease] what to do when the key is let go
 */
export function register(commands, onRelease = {}) {
  for (const [name, handler] of Object.entries(commands)) handlers.set(name, handler);
  for (const [name, handler] of Object.entries(onRelease)) releases.set(name, handler);
}

/** @param {string} name */
export function run(name) {
  handlers.get(name)?.();
}

/** @param {string} name */
export function has(name) {
  return handlers.has(name);
}

/** @param {EventTarget | null} target */
function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["button", "checkbox", "radio"].includes(target.type);
}

/**
 * True where the focused element uses the key itself.
 * @param {KeyboardEvent} event
 */
function isTaken(event) {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[popover]")) return true; // a menu: what is typed there is not about the page
  if (event.ctrlKey || event.metaKey) return false;
  if (target instanceof HTMLSelectElement) return true;
  const presses = event.key === "Enter" || event.key === " ";
  return presses && Boolean(target.closest("button, a[href], summary, input[type=checkbox], [role=option]"));
}

/**
 * @param {KeyboardEvent} event
 * @returns {KeyEntry | undefined}
 */
function find(event) {
  const typing = takesText(event.target);
  return table().find(
    (entry) =>
      (!typing || entry.inText) &&
      handlers.has(entry.command) &&
      entry.keys.some(
        (key) => (singleKeysOn() || !isSingleCharacter(key)) && matches(parseCombination(key), event, mac),
      ),
  );
}

window.addEventListener("keydown", (event) => {
  // While a character is being put together (Chinese, Japanese, Korean), every key belongs to that.
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]") || isTaken(event)) return;
  const entry = find(event);
  if (!entry) return;
  event.preventDefault();
  handlers.get(entry.command)?.(event);
});

window.addEventListener("keyup", (event) => {
  for (const [name, release] of releases) {
    const entry = table().find((item) => item.command === name);
    if (entry?.keys.some((key) => parseCombination(key).key === event.key)) release();
  }
});
