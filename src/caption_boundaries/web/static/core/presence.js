// Tells the server that this window is open, and the page what others do.

import { post } from "./api.js";
import { actor, session } from "./person.js";

const EVERY_MILLISECONDS = 10_000;

/**
 * @param {string} place the part of the address below /api/v1 that belongs to the tool
 * @param {(presence: {revision: number, stamp: string, others: {actor: string, session: string}[]}) => void} onPresence
 */
export function followPresence(place, onPresence) {
  const report = async () => {
    try {
      onPresence(await post(`${place}/presence`, { actor: actor(), session }));
    } catch {
      // The save indicator tells when the server is away; presence only informs.
    }
  };
  report();
  setInterval(report, EVERY_MILLISECONDS);
  addEventListener("focus", report);
  addEventListener("pagehide", () => {
    post(`${place}/presence`, { actor: actor(), session, leaving: true }, { keepalive: true }).catch(() => {});
  });
  return report;
}

/** @param {{actor: string}[]} others */
export function othersWords(others) {
  const names = [...new Set(others.map((other) => other.actor))];
  if (!names.length) return "";
  const same = names.length === 1 && names[0] === actor();
  return same ? "Open in another window too" : `${names.join(", ")} ${names.length === 1 ? "is" : "are"} here too`;
}
