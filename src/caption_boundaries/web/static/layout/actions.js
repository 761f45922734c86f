// Everything that a person can do in the layout tool.

import * as api from "../core/api.js";
import { announce, toast } from "../core/announce.js";
import { conflictDialog } from "../core/conflict.js";
import { confirmDialog } from "../core/dialog.js";
import { plural } from "../core/format.js";
import { actor } from "../core/person.js";
import { addRegion, moveEdges, shown, toggleLock } from "./crop.js";
import { sameAs } from "./geometry.js";
import { acceptance, changeTo, frameCount, saysIn, wordOf } from "./labels.js";
import { mostUncertain, nextInOrder, nextOpen, previousInOrder } from "./order.js";
import { goTo, goToBox, keptKey, moveCursor, open, overlaid, placeOf, reopened, targets } from "./state.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Word} Word */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {import("./types.js").DraftRegion} DraftRegion */

/** A mark that reaches more frames than this asks first. */
const ASK_FRAMES = 1;

/**
 * @typedef {{
 *   store: {get: () => State, update: (change: (state: State) => State) => void},
 *   queue: import("../core/queue.js").ActionQueue,
 *   place: string,
 *   visited: number[],
 *   seen: Set<number>,
 *   shownAt: () => number,
 * }} Parts
 * @param {Parts} parts
 */
export function createActions({ store, queue, place, visited, seen, shownAt }) {
  const set = (/** @type {(state: State) => State} */ change) => store.update(change);
  const bodies = () => queue.pending.map((action) => action.body);

  /** @param {string} path @param {Record<string, unknown>} body */
  function send(path, body) {
    queue.add(path, { ...body, ms_since_shown: Math.min(86_400_000, Math.round(performance.now() - shownAt())) });
    set((state) => overlaid(state, bodies()));
  }

  /** @param {number} frame */
  function visit(frame) {
    if (frame < 0) return;
    set((state) => goTo(state, frame));
    const now = store.get().frame;
    seen.add(now);
    if (visited.at(-1) !== now) visited.push(now);
  }

  /** @param {number} box */
  function toBox(box) {
    if (box < 0) return;
    visit(store.get().data.frame[box]);
    set((state) => ({ ...goToBox(state, box), view: "frame" }));
    announce(describe(box));
  }

  /** @param {number} box */
  function describe(box) {
    const state = store.get();
    const word = wordOf(state.labels[box]);
    return `“${state.data.texts[box]}”, ${word ? `labelled ${word}` : `predicted ${saysIn(state.labels, state.odds, box) ? "in" : "out"}`}`;
  }

  /** Labels boxes; what reaches further than one frame is asked for first. @param {Word} word @param {number[]} boxes @param {string} kind */
  async function mark(word, boxes, kind) {
    const state = store.get();
    if (!boxes.length || state.readOnly) return;
    const frames = frameCount(state.data, boxes);
    const count = `${plural(boxes.length, "box", "boxes")} in ${plural(frames, "frame")}`;
    if (frames > ASK_FRAMES) {
      const what = word === "clear" ? `Clear the labels of ${count}?` : `Mark ${count} as ${word}?`;
      if (!(await confirmDialog(what, "It is one step, which Undo takes back.", word === "clear" ? "Clear" : `Mark ${word}`))) return;
    }
    send("labels", { kind, ...changeTo(word, boxes) });
    set((old) => ({ ...old, selection: new Set() }));
    announce(`${count}: ${word === "clear" ? "cleared" : word}`);
  }

  /** @param {DraftRegion[]} regions */
  function draft(regions) {
    set((state) => ({ ...state, crop: { ...state.crop, draft: regions } }));
    send("draft", { regions });
  }

  /** @param {1 | -1} direction */
  function step(direction) {
    set((state) => moveCursor(state, direction, false));
    const { cursor } = store.get();
    if (cursor >= 0) announce(describe(cursor));
  }

  return {
    set,
    visit,
    /** @param {import("./types.js").Brush} brush */
    brush: (brush) => set((state) => ({ ...state, brush, view: brush === "region" ? "frame" : state.view })),
    goToBox: toBox,
    /** @param {number} index */
    goToIndex: (index) => visit(placeOf(store.get().data, index)),
    /** @param {number} by */
    move: (by) => visit(Math.max(0, store.get().frame + by)),
    /** @param {1 | -1} direction */
    nextOpen: (direction) => visit(nextOpen(store.get(), direction)),
    /** @param {boolean} openOnly */
    queueNext(openOnly) {
      const next = nextInOrder(store.get(), seen, openOnly);
      if (next < 0) toast("That was the last frame of this order.");
      visit(next);
    },
    /** @param {boolean} openOnly */
    queuePrevious: (openOnly) => visit(previousInOrder(store.get(), visited, openOnly)),
    nextUncertain() {
      const box = mostUncertain(store.get());
      if (box < 0) toast("Every box is labelled.");
      toBox(box);
    },
    step,
    /** @param {1 | -1} direction */
    extend: (direction) => set((state) => moveCursor(state, direction, true)),
    /** @param {number} box @param {boolean} add */
    choose(box, add) {
      set((state) => {
        if (!add) return { ...state, cursor: box, anchor: box, selection: new Set() };
        const selection = new Set(state.selection.size ? state.selection : state.cursor >= 0 ? [state.cursor] : []);
        if (!selection.delete(box)) selection.add(box);
        return { ...state, cursor: box, anchor: box, selection };
      });
      if (box >= 0) announce(describe(box));
    },
    /** @param {Word} word */
    mark: (word) => mark(word, targets(store.get()), store.get().selection.size > 1 ? "rectangle" : "label"),
    /** @param {Word} word @param {number[]} boxes */
    markBoxes: (word, boxes) => mark(word, boxes, boxes.length > 1 ? "rectangle" : "label"),
    /** @param {number} box */
    flip(box) {
      const { labels, odds } = store.get();
      mark(saysIn(labels, odds, box) ? "out" : "in", [box], "flip");
    },
    /** @param {import("./types.js").Doubt} doubt */
    keep: (doubt) =>
      set((state) => overlaid({ ...state, kept: new Set([...state.kept, keptKey(doubt, state.labels)]) }, bodies())),
    selectSame() {
      const [box] = targets(store.get());
      if (box === undefined) return;
      set((state) => ({ ...state, selection: new Set(sameAs(state.data, box)), cursor: box }));
      const { selection, data } = store.get();
      announce(`${plural(selection.size, "box", "boxes")} in ${plural(frameCount(data, selection), "frame")} selected`);
    },
    selectAll: () =>
      set((state) => {
        const boxes = [];
        for (let box = state.data.first[state.frame]; box < state.data.first[state.frame + 1]; box += 1) boxes.push(box);
        return { ...state, selection: new Set(boxes) };
      }),
    /** @param {number[]} boxes */
    showBoxes(boxes) {
      toBox(boxes[0]);
      set((state) => ({ ...state, selection: new Set(boxes), scope: boxes.length > 1 ? "all" : state.scope }));
    },
    /** @param {number} frame */
    toggleFrame: (frame) =>
      set((state) => {
        const chosen = new Set(state.chosen);
        if (!chosen.delete(frame)) chosen.add(frame);
        return { ...state, chosen, scope: chosen.size ? "selected" : "frame" };
      }),
    accept() {
      const state = store.get();
      if (!state.odds || state.readOnly) return;
      const boxes = [];
      for (let box = state.data.first[state.frame]; box < state.data.first[state.frame + 1]; box += 1) boxes.push(box);
      const change = acceptance(state.labels, state.odds, boxes);
      if (change.put_in.length + change.put_out.length) send("labels", { kind: "accept", ...change });
      const next = nextInOrder(store.get(), seen, true);
      if (next < 0) toast("Every frame is done.");
      visit(next);
    },
    /** @param {number[]} boxes */
    async acceptSure(boxes) {
      const state = store.get();
      if (!state.odds || !boxes.length) return;
      const count = `${plural(boxes.length, "box", "boxes")} in ${plural(frameCount(state.data, boxes), "frame")}`;
      const why = "They count as settled, but teach the model nothing, since nobody looked at each. It is one step.";
      if (await confirmDialog(`Accept what is predicted for ${count}?`, why, "Accept")) {
        send("labels", { kind: "accept-sure", by_model: true, ...acceptance(state.labels, state.odds, boxes) });
      }
    },
    async clearAll() {
      const { labels } = store.get();
      const boxes = [...labels.keys()].filter((box) => labels[box] !== 0);
      if (await confirmDialog(`Clear ${plural(boxes.length, "label")}?`, "It is one step, which Undo takes back.", "Clear all")) {
        send("labels", { kind: "clear-all", clear: boxes });
      }
    },
    undo: () => send("undo", {}),
    redo: () => send("redo", {}),
    /** @param {DraftRegion[]} regions @param {boolean} done */
    dragCrop(regions, done) {
      if (done) draft(regions);
      else set((state) => ({ ...state, crop: { ...state.crop, draft: regions } }));
    },
    /** @param {import("./types.js").Rect} rect */
    drawRegion(rect) {
      set((state) => ({ ...state, brush: "select" }));
      draft(addRegion(shown(store.get()), rect));
    },
    /** @param {number} region @param {Edge} edge @param {number} value */
    setEdge: (region, edge, value) => draft(moveEdges(shown(store.get()), region, { [edge]: value })),
    /** @param {number} region @param {Edge} edge */
    lock: (region, edge) => draft(toggleLock(shown(store.get()), region, edge)),
    /** @param {number} region */
    removeRegion: (region) => draft(shown(store.get()).filter((_, number) => number !== region)),
    followBoxes() {
      const { suggested, crop } = store.get();
      // Beside an approved crop an empty draft would show that crop: what follows from the boxes must be drawn.
      draft(crop.approved ? suggested.map(({ left, top, right, bottom }) => ({ left, top, right, bottom, locked: [] })) : []);
    },
    approve() {
      const state = store.get();
      if (!state.readOnly) send("approve", { regions: shown(state) });
    },
    withdraw: () => send("withdraw", {}),
    async runAgain() {
      set((state) => ({ ...state, offerRun: false }));
      try {
        await api.post(`${place.replace(/\/layout$/, "")}/run`, { steps: ["crop", "captions"] });
        toast("Cropping and reading run in the background; the list shows how far they are.");
      } catch (error) {
        toast(/** @type {Error} */ (error).message, { bad: true });
      }
    },
    async loadHistory() {
      const { entries } = await api.get(`${place}/history`);
      set((state) => ({ ...state, history: entries }));
    },
    /** Loads what others have changed. @param {number} [given] how many of the waiting actions are given up, and no longer shown */
    async reload(given = 0) {
      const answer = await loadState(place);
      queue.revision = Math.max(queue.revision, answer.revision);
      set((state) => (answer.stamp === state.stamp ? reopened(state, answer, bodies().slice(given)) : open(state.data.video, answer)));
    },
    /** @param {any} error @param {import("../core/queue.js").Pending} action */
    async refused(error, action) {
      if (error.kind !== "ConflictError") {
        toast([error.message, error.hint].filter(Boolean).join(" "), { bad: error.kind !== "NothingToUndoError" });
        await this.reload(1);
        return /** @type {const} */ ("drop");
      }
      const mine = store.get().labels;
      const answer = await loadState(place);
      const theirs = open(store.get().data.video, answer);
      const rows = conflictRows(error, theirs, mine);
      const decision = action.path === "undo" || action.path === "redo" ? "theirs" : await conflictDialog({ actor: error.details.actor, at: error.details.at, rows });
      if (decision === "theirs" && action.path !== "labels") toast(`${error.message} ${error.hint}`, { bad: true });
      queue.revision = Math.max(queue.revision, answer.revision);
      set((state) => reopened(state, answer, decision === "mine" ? bodies() : bodies().slice(1)));
      return decision === "mine" ? "again" : "drop";
    },
  };
}

/** @param {string} place */
export function loadState(place) {
  return api.get(`${place}/state?actor=${encodeURIComponent(actor())}`);
}

/** Returns both versions of the boxes that two people changed. @param {any} error @param {State} theirs @param {Int8Array} mine */
function conflictRows(error, theirs, mine) {
  const { data, labels } = theirs;
  return (error.details.rows ?? []).map((/** @type {[string, (string | number)[]]} */ [table, key]) => {
    if (table !== "full_frame_box_labels") return { name: "The crop", mine: "yours", theirs: "theirs" };
    const frame = data.frames.indexOf(Number(key[1]));
    const box = data.first[frame] + Number(key[2]);
    const said = (/** @type {number} */ code) => wordOf(code) || "no label";
    return { name: data.texts[box] ?? "a box", mine: said(mine[box]), theirs: said(labels[box]) };
  });
}
