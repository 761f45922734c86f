// What the server says to the page when it loads.

/**
 * @typedef {{command: string, keys: string[], label: string, group: string, inText?: boolean}} KeyEntry
 * @typedef {{screen: string, version: string, actor: string, testing: boolean, video: string, name: string,
 *   keymap: Record<string, KeyEntry[]>}} Boot
 */

/** @type {Boot} */
export const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "{}");
