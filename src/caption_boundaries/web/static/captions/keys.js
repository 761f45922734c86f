// What each command of the table of keys does in the caption tool.

import { toast } from "../core/announce.js";
import { POLICIES } from "./actions.js";
import { NO_CAPTION } from "./rows.js";
import { currentRow } from "./state.js";

/**
 * @param {{
 *   store: {get: () => import("./types.js").State, update: (change: (state: import("./types.js").State) => import("./types.js").State) => void},
 *   actions: import("./page.js").Actions,
 *   moving: import("./moving.js").Moving,
 *   lookups: ReturnType<typeof import("./lookups.js").createLookups>,
 *   timeline: import("./timeline.js").Timeline,
 *   zoom: {zoom: (factor: number) => void, whole: () => void},
 *   drawNow: () => void,
 *   tools: {toggle: (name: "difference" | "flicker" | "loupe" | "fine") => void, replace: () => void, importFile: () => void, exportFile: () => void},
 * }} parts
 * @returns {Record<string, () => void>}
 */
export function commands({ store, actions, moving, lookups, timeline, zoom, drawNow, tools }) {
  const field = (/** @type {string} */ id) => {
    drawNow(); // whoever types fast goes on typing in it before the next picture would be drawn
    const found = document.getElementById(id);
    if (!found) toast(currentRow(store.get()) ? NO_CAPTION : "No caption is chosen.");
    found?.focus();
    // A text is mended, so that the next letter must not replace it; a search is a new one.
    if (found instanceof HTMLTextAreaElement) found.setSelectionRange(found.value.length, found.value.length);
    if (found instanceof HTMLInputElement) found.select();
  };
  return {
    "captions.previousFrame": () => moving.move(-1),
    "captions.nextFrame": () => moving.move(1),
    "captions.back10": () => moving.move(-10),
    "captions.ahead10": () => moving.move(10),
    "captions.back50": () => moving.move(-50),
    "captions.ahead50": () => moving.move(50),
    "captions.firstFrame": () => moving.visit(0),
    "captions.lastFrame": () => moving.visit(store.get().data.count - 1),
    "captions.previousBoundary": () => moving.boundary(-1),
    "captions.nextBoundary": () => moving.boundary(1),
    "captions.toStart": () => moving.toEdge("start"),
    "captions.toEnd": () => moving.toEdge("end"),
    "captions.previousCaption": () => moving.listStep(-1),
    "captions.nextCaption": () => moving.listStep(1),
    "captions.queueNext": () => moving.queueNext(1, false),
    "captions.queuePrevious": () => moving.queueNext(-1, false),
    "captions.queueNextOpen": () => moving.queueNext(1, true),
    "captions.queuePreviousOpen": () => moving.queueNext(-1, true),
    "captions.nextUncertain": moving.uncertain,
    "captions.here": () => moving.here(),
    "captions.setStart": () => actions.setEdge("start", store.get().frame),
    "captions.setEnd": () => actions.setEdge("end", store.get().frame),
    "captions.startEarlier": () => actions.nudge("start", -1),
    "captions.startLater": () => actions.nudge("start", 1),
    "captions.endEarlier": () => actions.nudge("end", -1),
    "captions.endLater": () => actions.nudge("end", 1),
    "captions.startEarlierSource": () => actions.nudgeSource("start", -1),
    "captions.startLaterSource": () => actions.nudgeSource("start", 1),
    "captions.endEarlierSource": () => actions.nudgeSource("end", -1),
    "captions.endLaterSource": () => actions.nudgeSource("end", 1),
    "captions.split": actions.split,
    "captions.merge": actions.merge,
    "captions.gap": actions.gap,
    "captions.insert": actions.insert,
    "captions.delete": actions.remove,
    "captions.policy": () => actions.policy(POLICIES[(POLICIES.indexOf(store.get().policy) + 1) % POLICIES.length]),
    "captions.confirm": actions.confirm,
    "captions.editText": () => field("text"),
    "captions.noText": actions.noText,
    "captions.nextCandidate": () => actions.cycle(1),
    "captions.previousCandidate": () => actions.cycle(-1),
    "captions.readAgain": lookups.readAgain,
    "captions.status": () => field("status"),
    "captions.notes": () => field("notes"),
    "captions.replace": tools.replace,
    "captions.undo": actions.undo,
    "captions.redo": actions.redo,
    "captions.viewBoundary": () => moving.view("boundary"),
    "captions.viewStrip": () => moving.view("strip"),
    "captions.difference": () => tools.toggle("difference"),
    "captions.flicker": () => tools.toggle("flicker"),
    "captions.fine": () => tools.toggle("fine"),
    "captions.loupe": () => tools.toggle("loupe"),
    "captions.play": () => (store.get().playing ? moving.stop() : moving.play("loop")),
    "captions.playBack": () => moving.play(-1),
    "captions.stop": moving.stop,
    "captions.playOn": () => moving.play(1),
    "captions.zoomIn": () => zoom.zoom(1.6),
    "captions.zoomOut": () => zoom.zoom(1 / 1.6),
    "captions.zoomReset": zoom.whole,
    "captions.search": () => field("search"),
    "captions.import": tools.importFile,
    "captions.export": tools.exportFile,
    cancel: () => {
      moving.stop();
      timeline.cancel();
      store.update((state) => ({ ...state, ghost: null, flicker: false, search: "" }));
    },
  };
}
