// Everything that a person can do with captions; moving about is in moving.js.

import * as api from "../core/api.js";
import { announce, toast } from "../core/announce.js";
import { conflictDialog } from "../core/conflict.js";
import { actor } from "../core/person.js";
import { afterConfirming, listed } from "./order.js";
import { restoring, versions } from "./conflicts.js";
import { isGap, NO_CAPTION, placeAt, placeOf } from "./rows.js";
import { choices, currentRow, fieldText, open, overlaid, rowOf } from "./state.js";
import { cycled, offered } from "./text.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Edge} Edge */
/** @typedef {import("./types.js").Change} Change */

export const POLICIES = /** @type {import("./types.js").Policy[]} */ (["protect", "push", "trim"]);
/** Frames of a new caption on either side of the cursor. */
const NEW_AROUND = 7;

/**
 * @typedef {{
 *   store: {get: () => State, update: (change: (state: State) => State) => void},
 *   queue: import("../core/queue.js").ActionQueue,
 *   place: string,
 *   shownAt: () => number,
 *   moving: import("./moving.js").Moving,
 * }} Parts
 * @param {Parts} parts
 */
export function createActions({ store, queue, place, shownAt, moving }) {
  const set = (/** @type {(state: State) => State} */ change) => store.update(change);
  const bodies = () => queue.pending.map((action) => action.body);

  /** @param {Change} change @param {number} [base] the revision that the person looked at, where it is not the latest */
  function send(change, base) {
    if (store.get().readOnly) {
      toast(store.get().readOnly, { bad: true });
      return;
    }
    const ms = Math.min(86_400_000, Math.round(performance.now() - shownAt()));
    queue.add("actions", { change, ms_since_shown: ms, ...(base !== undefined && { base_revision: base }) });
    set((state) => overlaid(state, bodies()));
  }

  /** Saves what was typed and not saved yet. */
  function flush() {
    const { draft, rows } = store.get();
    if (!draft) return;
    const row = rows[placeOf(rows, draft.id)];
    set((state) => ({ ...state, draft: null }));
    if (row && draft.text !== (row.text ?? row.ocr ?? "")) send({ kind: "set-text", id: row.id, text: draft.text }, draft.base);
  }

  /** Calls `act` with the row in focus, unless there is none. @param {(row: Row, state: State) => void} act */
  function withRow(act) {
    const state = store.get();
    const row = currentRow(state);
    if (row) act(row, state);
  }

  /** Calls `act` with the row in focus, where it is a caption. @param {(row: Row, state: State) => void} act */
  function withCaption(act) {
    withRow((row, state) => (isGap(row) ? toast(NO_CAPTION) : act(row, state)));
  }

  /** @param {Edge} edge @param {number} frame */
  function setEdge(edge, frame) {
    withCaption((row, { policy }) => {
      if (edge === "start" ? frame > row.end : frame < row.start) {
        toast(edge === "start" ? "A caption cannot start after its end. Set the end first." : "A caption cannot end before its start. Set the start first.");
        return;
      }
      set((state) => ({ ...state, edge }));
      send({ kind: "set-edge", id: row.id, edge, frame_index: frame, policy });
      announce(`${edge === "start" ? "Starts" : "Ends"} at frame ${frame}`);
    });
  }

  /** @param {Edge} edge @param {number} ticks */
  function nudge(edge, ticks) {
    withCaption((row, { policy, data }) => {
      const frame = row[edge] + ticks;
      if (frame < 0 || frame >= data.count) {
        toast(frame < 0 ? "The video starts here." : "The video ends here.");
        return;
      }
      set((state) => ({ ...state, edge }));
      send({ kind: "nudge", id: row.id, edge, ticks, policy });
    });
  }

  /** Moves an edge by pictures of the video, which are shown then. @param {Edge} edge @param {number} count */
  function nudgeSource(edge, count) {
    withCaption((row, { policy }) => {
      set((state) => ({ ...state, edge, fine: true, view: "boundary" }));
      send({ kind: "nudge", id: row.id, edge, source_frames: count, policy });
    });
  }

  /** Settles the row in focus with what was typed, and goes on. */
  function confirm() {
    withRow((row, state) => {
      if (state.readOnly) {
        moving.queueNext(1, true);
        return;
      }
      const draft = state.draft?.id === row.id ? state.draft : null;
      const typed = draft ? { text: draft.text } : row.text === null && row.ocr !== null ? { text: row.ocr } : {};
      const withText = state.pass !== "extents" ? typed : {};
      const next = afterConfirming(state, listed(state));
      set((old) => ({ ...old, draft: null }));
      // Nothing of a gap is settled: whoever came upon one only goes on.
      if (!isGap(row)) send({ kind: "confirm", ids: [row.id], what: state.pass, ...withText }, draft?.base);
      if (next) moving.toRow(next.id);
      else toast("Everything in this list is settled.");
    });
  }

  function split() {
    withCaption((row, { frame }) => {
      if (frame <= row.start || frame > row.end) toast("Go to the first frame of the second part: the caption breaks before it.");
      else send({ kind: "split", id: row.id, frame_index: frame });
    });
  }

  function merge() {
    flush();
    withRow((row, { rows }) => {
      const next = rows.slice(placeOf(rows, row.id) + 1).find((other) => !isGap(other));
      if (isGap(row) || !next) toast("There is no next caption to merge with.");
      else send({ kind: "merge", groups: [[row.id, next.id]] });
    });
  }

  function gap() {
    withRow((row, { policy }) => {
      if (isGap(row)) toast("This is a gap already.");
      else send({ kind: "clear", start_frame_index: row.start, end_frame_index: row.end, policy: policy === "protect" && row.state === "confirmed" ? "trim" : policy });
    });
  }

  function insert() {
    const { rows, frame, policy, data } = store.get();
    const here = rows[placeAt(rows, frame)];
    const [first, last] = here && isGap(here) ? [here.start, here.end] : [0, data.count - 1];
    const start = Math.max(first, frame - NEW_AROUND);
    const end = Math.min(last, frame + NEW_AROUND);
    send({ kind: "add", start_frame_index: here && !isGap(here) ? frame : start, end_frame_index: here && !isGap(here) ? Math.min(here.end, end) : end, policy });
  }

  /** Takes in what is typed. What others do to the caption from now on was not known to who types. @param {string} text */
  function type(text) {
    withRow((row) => set((state) => ({ ...state, draft: { id: row.id, text, base: state.draft?.id === row.id ? state.draft.base : state.revision } })));
  }

  return {
    set,
    send,
    flush,
    setEdge,
    nudge,
    nudgeSource,
    confirm,
    split,
    merge,
    gap,
    insert,
    type,
    remove: () => withRow((row) => (isGap(row) ? toast("This is a gap already.") : send({ kind: "delete", ids: [row.id] }))),
    /** @param {import("./types.js").Policy} policy */
    policy(policy) {
      set((state) => ({ ...state, policy, ghost: null }));
      announce({ protect: "Confirmed neighbours stay", push: "Neighbours move aside", trim: "Neighbours are trimmed" }[policy]);
    },
    noText() {
      set((state) => ({ ...state, draft: null }));
      withCaption((row) => send({ kind: "no-text", ids: [row.id] }));
    },
    /** @param {1 | -1} direction */
    cycle(direction) {
      const state = store.get();
      const candidates = offered(state.readings?.candidates ?? [], currentRow(state)?.text ?? null);
      const text = cycled(candidates, fieldText(state), direction);
      if (text === null) toast("There is no other reading.");
      else {
        type(text);
        announce(text);
      }
    },
    /** @param {import("./types.js").Status | null} status */
    status: (status) => withRow((row) => send({ kind: "set-status", ids: [row.id], text_status: status })),
    issue: () => withRow((row) => send({ kind: "set-status", ids: [row.id], boundary_state: row.state === "issue" ? "predicted" : "issue" })),
    pending: () => withRow((row) => send({ kind: "set-status", ids: [row.id], boundary_pending: !row.pending })),
    /** @param {string} notes @param {number} base the revision at which somebody began to write them */
    notes: (notes, base) => withRow((row) => notes !== row.notes && send({ kind: "set-notes", id: row.id, notes }, base)),
    /** @param {"pending" | "complete"} status */
    review: (status) => send({ kind: "review", status }),
    undo: () => {
      flush();
      queue.add("undo", {});
    },
    redo: () => queue.add("redo", {}),
    async loadHistory() {
      const { entries } = await api.get(`${place}/history`);
      set((state) => ({ ...state, history: entries }));
    },
    /** @param {any} error @param {import("../core/queue.js").Pending} action */
    async refused(error, action) {
      if (error.kind !== "ConflictError") {
        toast([error.message, error.hint].filter(Boolean).join(" "), { bad: error.kind !== "NothingToUndoError" });
        await this.follow(1);
        return /** @type {const} */ ("drop");
      }
      if (action.path !== "actions") {
        toast([error.message, error.hint].filter(Boolean).join(" "), { bad: true });
        await this.follow(1);
        return /** @type {const} */ ("drop");
      }
      const { actor: who, at, mine: wire = [], theirs: others = [] } = error.details;
      const [mine, theirs] = [wire.map(rowOf), others.map(rowOf)];
      const decision = await conflictDialog({ actor: who, at, rows: versions(mine, theirs, store.get()) });
      await this.follow(decision === "mine" ? 0 : 1);
      if (decision !== "mine") return /** @type {const} */ ("drop");
      const [first, ...rest] = restoring(/** @type {Change} */ (action.body.change), mine, theirs);
      action.body = { ...action.body, change: first };
      rest.forEach((change) => send(change));
      return /** @type {const} */ ("again");
    },
    /** Asks for what others have changed. @param {number} [given] how many of the waiting actions are given up, and no longer shown */
    async follow(given = 0) {
      const answer = await api.get(`${place}/changes?since=${queue.revision}&actor=${encodeURIComponent(actor())}`);
      queue.revision = Math.max(queue.revision, answer.revision);
      moving.learn(answer, bodies().slice(given));
    },
    /** Loads everything again: a step has made the inputs anew. */
    async reload() {
      const answer = await loadState(place);
      queue.revision = Math.max(queue.revision, answer.revision);
      set((state) => overlaid(open(state.data.video, answer, choices(state)), bodies()));
      toast("The files have changed underneath; everything was loaded again.");
    },
  };
}

/** @param {string} place */
export function loadState(place) {
  return api.get(`${place}/state?actor=${encodeURIComponent(actor())}`);
}
