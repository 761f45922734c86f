// Sentences of the server on the page: what it puts between backticks is a command to type.

import { html } from "../vendor/lit.js";

/** @param {string} sentence */
export function words(sentence) {
  return sentence.split("`").map((part, place) => (place % 2 ? html`<code>${part}</code>` : part));
}
