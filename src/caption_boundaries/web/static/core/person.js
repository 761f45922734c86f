// Who works in this window.

import { boot } from "./boot.js";

/** Returns the name under which actions are logged. */
export function actor() {
  return localStorage.getItem("actor") || boot.actor || "me";
}

/** @param {string} name */
export function setActor(name) {
  localStorage.setItem("actor", name.trim().slice(0, 60));
}

/** Identifies this window, also after it is loaded again. */
export const session = (() => {
  const known = sessionStorage.getItem("session") ?? crypto.randomUUID();
  sessionStorage.setItem("session", known);
  return known;
})();
