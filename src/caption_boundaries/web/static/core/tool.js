// How the page of a tool begins.

import { html, render } from "../vendor/lit.js";
import { boot } from "./boot.js";
import { topbar } from "./topbar.js";
import { words } from "./words.js";

/**
 * Loads what a tool shows and starts it, or says why it cannot.
 * @param {string} name what people call the tool
 * @param {() => Promise<any>} load
 * @param {(answer: any) => void} start
 */
export async function openTool(name, load, start) {
  try {
    start(await load());
  } catch (error) {
    const { message, hint } = /** @type {import("./api.js").ApiError} */ (error);
    render(
      html`${topbar({ title: boot.name, middle: html`<span class="crumb">${name}</span>`, redraw: () => {} })}
        <main class="problem"><p class="notice bad"><span>${words(`${message} ${hint ?? ""}`)}</span></p><p><a href="/">All videos</a></p></main>`,
      /** @type {HTMLElement} */ (document.getElementById("page")),
    );
    throw error;
  }
}

/**
 * Lets tests look into a tool, where the server was started for them.
 * @param {Record<string, Function>} looks
 */
export function showTests(looks) {
  if (boot.testing) Object.assign(window, { __test: looks });
}
