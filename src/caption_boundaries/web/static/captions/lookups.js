// What the page asks the server for beside its actions: readings, pictures of the video, ghosts, and the work order.

import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { askServer, listed, nextOf } from "./order.js";
import { isGap, NO_CAPTION } from "./rows.js";
import { currentRow, moments, rowOf } from "./state.js";

/** @typedef {import("./types.js").State} State */

const PAUSE_MILLISECONDS = 90;
/** Rows of which pictures are fetched before they are looked at. */
const AHEAD = 4;
/** Single frames that are read beside the combined picture. */
const FRAMES_READ = 5;

/**
 * @param {{store: {get: () => State, update: (change: (state: State) => State) => void}, place: string, settled: () => Promise<unknown>}} parts
 */
export function createLookups({ store, place, settled }) {
  /** @type {Map<string, number>} */
  const timers = new Map();
  /** Calls `act` once nothing was asked for a moment. @param {string} name @param {() => void} act @param {number} [pause] */
  function later(name, act, pause = PAUSE_MILLISECONDS) {
    clearTimeout(timers.get(name));
    timers.set(name, window.setTimeout(act, pause));
  }

  /** @param {number} id @param {any} answer */
  function readingsOf(id, answer) {
    store.update((state) => (state.current === id ? { ...state, readings: { id, candidates: answer.candidates, stale: answer.stale, busy: false } } : state));
  }

  async function readings() {
    await settled(); // a row that an action has just removed is not asked for
    const row = currentRow(store.get());
    if (!row || isGap(row) || store.get().readings?.id === row.id) return;
    const answer = await api.get(`${place}/rows/${row.id}/candidates`).catch(() => null);
    if (answer) readingsOf(row.id, answer);
  }

  async function readAgain() {
    const row = currentRow(store.get());
    if (row && isGap(row)) toast(NO_CAPTION);
    if (!row || isGap(row) || store.get().readings?.busy) return;
    const known = store.get().readings;
    store.update((state) => ({ ...state, readings: { id: row.id, candidates: known?.candidates ?? [], stale: known?.stale ?? false, busy: true } }));
    try {
      readingsOf(row.id, await api.post(`${place}/rows/${row.id}/read`, { frames: FRAMES_READ }));
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { bad: true });
      store.update((state) => ({ ...state, readings: known }));
    }
  }

  async function sources() {
    const { data, fine } = store.get();
    const row = currentRow(store.get());
    if (!fine || !row || !data.source.available) return;
    const at = moments(row, data.rate);
    for (const edge of /** @type {const} */ (["start", "end"])) {
      if (store.get().sources[edge]?.seconds === at[edge]) continue;
      const answer = await api.get(`${place}/source-frames?around=${at[edge]}&before=3&after=3`).catch(() => null);
      if (!answer || store.get().current !== row.id) continue;
      const found = { seconds: at[edge], frames: answer.frames, current: answer.current };
      store.update((state) => ({ ...state, sources: { ...state.sources, [edge]: found } }));
    }
  }

  let asking = false;
  /** @type {import("./types.js").Change | null} */
  let wanted = null;
  /** Shows what an action would leave behind; while one question is under way only the latest waits. @param {import("./types.js").Change | null} change */
  async function ghost(change) {
    wanted = change;
    if (!change) store.update((state) => (state.ghost ? { ...state, ghost: null } : state));
    if (asking || !change) return;
    asking = true;
    while (wanted) {
      const now = wanted;
      const { current } = store.get();
      const answer = await api.post(`${place}/preview`, { change: now }).catch(() => null);
      if (wanted === now) {
        wanted = null;
        const shown = answer && store.get().current === current ? { ...answer, rows: answer.rows.map(rowOf) } : null;
        store.update((state) => ({ ...state, ghost: shown }));
      }
    }
    asking = false;
  }

  /** Shows what the keys for start and end would do where the cursor has left the caption. */
  function ghostAtCursor() {
    const { frame, view, policy, readOnly, playing } = store.get();
    const row = currentRow(store.get());
    if (!row || isGap(row) || view !== "strip" || readOnly || playing || row.id < 0) return;
    const edge = frame < row.start ? "start" : frame > row.end ? "end" : null;
    if (edge) ghost({ kind: "set-edge", id: row.id, edge, frame_index: frame, policy });
  }

  async function queue() {
    const { order, show } = store.get();
    if (!askServer({ order, show })) {
      store.update((state) => (state.queue ? { ...state, queue: null } : state));
      return;
    }
    await settled();
    const answer = await api.get(`${place}/queue?order=${order}&show=${show}`).catch(() => null);
    if (!answer) return;
    store.update((state) => (state.order === order && state.show === show ? { ...state, queue: { ids: answer.ids, scores: answer.scores } } : state));
  }

  return {
    readAgain,
    ghost,
    queue,
    /** Asks for what a change of the state calls for. @param {State} now @param {State} before */
    follow(now, before) {
      if (now.current !== before.current || now.readings === null) later("readings", readings);
      if (now.fine && (now.current !== before.current || now.rows !== before.rows || !before.fine)) later("sources", sources);
      if (now.frame !== before.frame || now.policy !== before.policy) later("ghost", ghostAtCursor);
      if (now.order !== before.order || now.show !== before.show) queue();
    },
    /** Returns the rows that will be looked at next, so that their pictures can be fetched. @param {State} state */
    upcoming(state) {
      const list = listed(state);
      /** @type {import("./types.js").Row[]} */
      const found = [];
      for (let from = state; found.length < AHEAD; ) {
        const next = nextOf(from, list, 1, true);
        if (!next) break;
        found.push(next);
        from = { ...from, current: next.id };
      }
      return found;
    },
  };
}
