// Moving about: frames, captions, the queue, and playing.

import { announce, toast } from "../core/announce.js";
import { clockTenths } from "../core/format.js";
import { listed, mostUncertain, nextOf } from "./order.js";
import { isGap, nextBoundary, placeAt, placeOf, shownText, stateWords } from "./rows.js";
import { answered, bounded, currentRow, goTo, select } from "./state.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {ReturnType<typeof createMoving>} Moving */

/** Frames on either side of the cursor that a loop plays. */
const LOOP = 8;

/**
 * @param {{store: {get: () => State, update: (change: (state: State) => State) => void}, flush: () => void,
 *   ready: (frame: number) => boolean}} parts `ready` tells whether the picture of a frame can be shown
 */
export function createMoving({ store, flush, ready }) {
  let timer = 0;
  /** Where the loop began. */
  let middle = 0;

  /** @param {number} frame */
  function visit(frame) {
    store.update((state) => ({ ...goTo(state, frame), view: "strip" }));
  }

  /** @param {number} id @param {number} [frame] */
  function toRow(id, frame) {
    if (id !== store.get().current) flush();
    stop();
    store.update((state) => select(state, id, frame));
    const row = currentRow(store.get());
    if (row) announce(`${clockTenths(row.start / store.get().data.rate)}, ${isGap(row) ? "gap" : shownText(row) || "no text"}, ${stateWords(row)}`);
  }

  /** @param {1 | -1} direction @param {boolean} openOnly */
  function queueNext(direction, openOnly) {
    const state = store.get();
    const row = nextOf(state, listed(state), direction, openOnly);
    if (row) toRow(row.id);
    else toast(direction > 0 ? "That was the last of this list." : "That was the first of this list.");
  }

  /** @param {1 | -1} direction */
  function boundary(direction) {
    const { rows, frame } = store.get();
    const next = nextBoundary(rows, frame, direction);
    if (next < 0) {
      toast(direction > 0 ? "That was the last boundary." : "That was the first boundary.");
      return;
    }
    flush();
    stop();
    store.update((state) => select(state, rows[placeAt(rows, next)].id, next));
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    if (store.get().playing) store.update((state) => ({ ...state, playing: 0 }));
  }

  /** @param {1 | -1 | "loop"} way */
  function play(way) {
    if (store.get().playing === way) {
      stop();
      return;
    }
    stop();
    middle = store.get().frame;
    store.update((state) => ({ ...state, playing: way, view: "strip" }));
    timer = window.setInterval(() => tick(way), 1000 / store.get().data.rate);
  }

  /** One step of playing; it waits for pictures that are not there yet. @param {1 | -1 | "loop"} way */
  function tick(way) {
    const state = store.get();
    let next = bounded(state, state.frame + (way === "loop" ? 1 : way));
    if (way === "loop" && (next > middle + LOOP || next === state.frame)) next = bounded(state, middle - LOOP);
    if (next === state.frame) stop();
    else if (ready(next)) store.update((old) => goTo(old, next));
  }

  /** True where somebody else has removed the caption whose text is being typed: it is sent, and both are asked about. @param {State} state @param {any} answer */
  function takenAway({ draft }, answer) {
    if (!draft || !answer.others?.includes(draft.id)) return false;
    return answer.gone.includes(draft.id) || answer.rows.some((/** @type {any} */ row) => row.id === draft.id && row.boundary_state === "gap");
  }

  /** Returns how many captions somebody else has changed: the gaps around them do not count. @param {State} state @param {any} answer */
  function changedByOthers({ rows }, answer) {
    const captions = new Set(rows.filter((row) => !isGap(row)).map((row) => row.id));
    for (const row of answer.rows) if (row.boundary_state !== "gap") captions.add(row.id);
    return (answer.others ?? []).filter((/** @type {number} */ id) => captions.has(id)).length;
  }

  return {
    visit,
    toRow,
    queueNext,
    boundary,
    play,
    stop,
    /** @param {number} by */
    move: (by) => {
      if (typeof by === "number") visit(store.get().frame + by);
    },
    /** @param {"start" | "end"} edge */
    toEdge(edge) {
      const row = currentRow(store.get());
      if (!row) return;
      visit(row[edge]);
      store.update((state) => ({ ...state, edge }));
    },
    /** @param {1 | -1} direction */
    listStep(direction) {
      const state = store.get();
      const row = nextOf(state, listed(state), direction, false);
      if (row) toRow(row.id);
    },
    uncertain() {
      const row = mostUncertain(store.get());
      if (row) toRow(row.id);
      else toast("No boundary is in doubt.");
    },
    /** Puts the row under the cursor in focus. */
    here() {
      this.toFrame(store.get().frame);
    },
    /** Goes to a frame and puts its row in focus. @param {number} frame */
    toFrame(frame) {
      const { rows } = store.get();
      const place = placeAt(rows, frame);
      if (place >= 0) toRow(rows[place].id, frame);
      else visit(frame);
    },
    /** @param {import("./types.js").View} view */
    view: (view) => store.update((state) => ({ ...state, view, home: view })),
    /** Takes in what the server has told. @param {any} answer @param {any[]} pending */
    learn(answer, pending) {
      if (takenAway(store.get(), answer)) flush();
      const others = changedByOthers(store.get(), answer);
      store.update((state) => answered(state, answer, pending));
      if (others) toast(`${others === 1 ? "One caption was" : `${others} captions were`} changed by somebody else.`);
      if (answer.message) toast(answer.message);
    },
    /** Goes to what an undo, a redo or a new caption is about. @param {any} answer */
    show(answer) {
      if (!answer.focus) return;
      const { rows } = store.get();
      const { id, frame_index: frame } = answer.focus;
      const known = placeOf(rows, id) >= 0 ? id : rows[placeAt(rows, frame)]?.id;
      if (known !== undefined) toRow(known, frame);
      else visit(frame);
    },
  };
}
