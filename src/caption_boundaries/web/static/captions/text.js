// What is known of a caption's letters. Pure: tested in Node.

/** @typedef {import("./types.js").Candidate} Candidate */

/** What people call the status of a text. @type {[import("./types.js").Status, string][]} */
export const STATUSES = [
  ["valid_caption", "Valid caption"],
  ["confirmed", "Confirmed"],
  ["ocr_error", "Reading error"],
  ["partial_caption", "Partial caption"],
  ["text_unclear", "Unclear"],
  ["other_issue", "Other issue"],
];

const SOURCES = new Map([
  ["text", "stored text"],
  ["stored", "read before"],
  ["combined", "read from the combined picture"],
  ["frames", "read from single frames"],
]);

/** @param {Candidate} candidate */
export function sourceWords(candidate) {
  const words = SOURCES.get(candidate.source) ?? candidate.source;
  return candidate.frames.length ? `${words} (${candidate.frames.length})` : words;
}

/**
 * Returns the letters of a text with what is doubtful about them: "a" frames agree, "d" they differ, "n" it is noise,
 * "" not known. Letters that a person typed otherwise than they were read carry no mark.
 * @param {string} text
 * @param {Candidate[]} candidates
 * @returns {{letter: string, mark: string}[]}
 */
export function marked(text, candidates) {
  const letters = [...text];
  const marks = new Array(letters.length).fill("");
  const best = candidates.find((candidate) => candidate.marks);
  if (best) {
    const read = [...best.text];
    const known = [...best.marks];
    for (const [i, j] of common(letters, read)) marks[i] = known[j] ?? "";
  }
  return letters.map((letter, i) => ({ letter, mark: marks[i] }));
}

/** Returns the places of the longest common part of two lists, in pairs. @param {string[]} a @param {string[]} b @returns {[number, number][]} */
export function common(a, b) {
  if (a.length * b.length > 250_000) return [];
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  /** @type {[number, number][]} */
  const found = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) found.push([i++, j++]);
    else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return found;
}

/**
 * Returns the readings but a text that was stored when they were asked for, that nobody read, and that is no longer.
 * @param {Candidate[]} candidates
 * @param {string | null} stored
 */
export function offered(candidates, stored) {
  return candidates.filter(({ source, confidence, text }) => source !== "text" || confidence !== null || text === stored);
}

/**
 * Returns the reading that follows or precedes a text, around in a circle.
 * @param {Candidate[]} candidates
 * @param {string} text
 * @param {1 | -1} direction
 * @returns {string | null} null: there is no other
 */
export function cycled(candidates, text, direction) {
  const texts = [...new Set(candidates.map((candidate) => candidate.text))];
  if (!texts.length || (texts.length === 1 && texts[0] === text)) return null;
  const at = texts.indexOf(text);
  if (at < 0) return direction > 0 ? texts[0] : texts[texts.length - 1];
  return texts[(at + direction + texts.length) % texts.length];
}
