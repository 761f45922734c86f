// Key combinations: reading them, matching events with them, and showing them. Pure: tested in Node.

/** @typedef {import("./boot.js").KeyEntry} KeyEntry */

const NAMES = new Map([
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["Escape", "Esc"],
  ["PageUp", "PgUp"],
  ["PageDown", "PgDn"],
]);

/**
 * @typedef {{ctrl: boolean, shift: boolean, alt: boolean, key: string, code: string}} Combination
 * @param {string} text such as "Ctrl+Shift+Z" or "code:KeyA"
 * @returns {Combination}
 */
export function parseCombination(text) {
  const parts = text === "+" ? ["+"] : text.endsWith("++") ? [...text.slice(0, -2).split("+"), "+"] : text.split("+");
  const key = /** @type {string} */ (parts.pop());
  const modifiers = new Set(parts);
  const code = key.startsWith("code:") ? key.slice(5) : "";
  return {
    ctrl: modifiers.has("Ctrl"),
    shift: modifiers.has("Shift"),
    alt: modifiers.has("Alt"),
    key: code ? "" : key === "Space" ? " " : key,
    code,
  };
}

/** @param {string} key */
function isSymbol(key) {
  return key.length === 1 && key !== " " && key.toLowerCase() === key.toUpperCase() && !/\d/.test(key);
}

/**
 * Tells whether an event is exactly this combination. Where a symbol needs Shift or AltGr depends on the keyboard, so
 * for symbols only the symbol counts.
 * @param {Combination} wanted
 * @param {{key: string, code: string, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean, altKey: boolean,
 *   getModifierState?: (name: string) => boolean}} event
 * @param {boolean} [mac]
 */
export function matches(wanted, event, mac = false) {
  const altGraph = event.getModifierState?.("AltGraph") ?? false;
  const ctrl = (mac ? event.metaKey : event.ctrlKey) && !altGraph;
  const other = mac ? event.ctrlKey : event.metaKey;
  const alt = event.altKey && !altGraph;
  if (other || ctrl !== wanted.ctrl) return false;
  if (wanted.code) return event.code === wanted.code && event.shiftKey === wanted.shift && alt === wanted.alt;
  if (isSymbol(wanted.key)) return event.key === wanted.key && (alt === wanted.alt || altGraph);
  return event.key.toLowerCase() === wanted.key.toLowerCase() && event.shiftKey === wanted.shift && alt === wanted.alt;
}

/**
 * Returns a combination as people read it.
 * @param {string} text
 * @param {boolean} [mac]
 */
export function spoken(text, mac = false) {
  const { ctrl, shift, alt, key, code } = parseCombination(text);
  const name = code ? code.replace(/^(Key|Digit)/, "") : key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
  const modifiers = [ctrl && (mac ? "⌘" : "Ctrl"), alt && (mac ? "⌥" : "Alt"), shift && (mac ? "⇧" : "Shift")];
  return [...modifiers.filter(Boolean), NAMES.get(name) ?? name].join("+");
}

/**
 * Returns the combination of an event, as a person presses it to bind a command anew; null for a lone modifier.
 * @param {KeyboardEvent} event
 * @param {boolean} [mac]
 */
export function combinationOf(event, mac = false) {
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "Dead", "Process"].includes(event.key)) return null;
  const symbol = isSymbol(event.key);
  const parts = [];
  if (mac ? event.metaKey : event.ctrlKey && !event.getModifierState("AltGraph")) parts.push("Ctrl");
  if (event.altKey && !symbol) parts.push("Alt");
  if (event.shiftKey && !symbol) parts.push("Shift");
  parts.push(event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key);
  return parts.join("+");
}

/**
 * Returns the table with a person's own keys in place of the usual ones.
 * @param {KeyEntry[]} table
 * @param {Record<string, string[]>} own keys by command
 */
export function rebind(table, own) {
  return table.map((entry) => (own[entry.command] ? { ...entry, keys: own[entry.command] } : entry));
}

/**
 * Returns every combination that calls more than one command.
 * @param {KeyEntry[]} table
 * @returns {Map<string, string[]>} commands by combination
 */
export function conflicts(table) {
  /** @type {Map<string, string[]>} */
  const users = new Map();
  for (const entry of table) {
    for (const key of entry.keys) {
      const shown = spoken(key);
      users.set(shown, [...(users.get(shown) ?? []), entry.command]);
    }
  }
  return new Map([...users].filter(([, commands]) => commands.length > 1));
}

/** True where a combination is a single character, which people may switch off. @param {string} text */
export function isSingleCharacter(text) {
  const { ctrl, alt, key, code } = parseCombination(text);
  return !ctrl && !alt && (Boolean(code) || key.length === 1) && key !== " ";
}
