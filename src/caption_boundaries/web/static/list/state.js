// What the list shows. Pure: tested in Node.

/**
 * @typedef {{id: string, name: string, duration_seconds: number | null}} Entry
 * @typedef {{name: string, state: "missing" | "stale" | "done", detail: string}} Step
 * @typedef {{state: string, steps: string[], step: string, done: number, total: number | null, unit: string,
 *   message: string, finished: string[]}} Job
 * @typedef {{box_labels: number, layout_approved: boolean, captions: number, extents_done: number, text_done: number}} Passes
 * @typedef {{id: string, name: string, duration_seconds: number | null, width: number | null, height: number | null,
 *   thumbnail: string | null, steps: Step[], passes: Passes | null, job: Job | null,
 *   problem: {message: string, hint: string} | null, read_only: string}} Summary
 * @typedef {{entries: Entry[] | null, summaries: Record<string, Summary>, search: string, cursor: string, data: string,
 *   uploads: {name: string, share: number, error: string}[], error: string}} ListState
 */

/** @type {ListState} */
export const EMPTY = { entries: null, summaries: {}, search: "", cursor: "", data: "", uploads: [], error: "" };

/** What people call the steps. */
export const STEP_NAMES = new Map([
  ["ingest", "Frames"],
  ["ocr", "Text boxes"],
  ["layout", "Layout"],
  ["crop", "Crops"],
  ["captions", "Captions"],
]);

/** Returns the videos that fit the search. @param {ListState} state @returns {Entry[]} */
export function visible(state) {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  return (state.entries ?? []).filter((entry) =>
    words.every((word) => entry.name.toLowerCase().includes(word) || entry.id.includes(word)),
  );
}

/** Moves the cursor along the visible videos. @param {ListState} state @param {number} by @returns {ListState} */
export function moveCursor(state, by) {
  const shown = visible(state);
  if (!shown.length) return state;
  const at = shown.findIndex((entry) => entry.id === state.cursor);
  const next = at < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, at + by));
  return { ...state, cursor: shown[next].id };
}

/** True while steps of the video wait or run. @param {Summary | undefined} summary */
export function busy(summary) {
  return summary?.job?.state === "waiting" || summary?.job?.state === "running";
}

/** Returns the steps that are missing or stale. @param {Summary} summary */
export function openSteps(summary) {
  return summary.steps.filter((step) => step.state !== "done").map((step) => step.name);
}

/** Returns whether a tool can be opened: what it shows is there. @param {Summary} summary @param {string} tool */
export function canOpen(summary, tool) {
  if (summary.read_only) return summary.passes !== null;
  const needed = tool === "layout" ? ["ingest", "ocr", "layout"] : ["crop", "captions"];
  return needed.every((name) => summary.steps.some((step) => step.name === name && step.state !== "missing"));
}

/** Returns how much of a job is through, 0 to 1, the step that runs included. @param {Job} job */
export function jobShare(job) {
  if (!job.steps.length) return 1;
  const within = job.total ? Math.min(1, job.done / job.total) : 0;
  const through = job.finished.length + (job.finished.includes(job.step) ? 0 : within);
  return Math.min(1, through / job.steps.length);
}
