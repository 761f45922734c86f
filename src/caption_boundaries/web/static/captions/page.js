// The caption tool: where each caption starts and ends, and its text.

import { html, render } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { boot } from "../core/boot.js";
import { register } from "../core/commands.js";
import "../core/palette.js";
import { Pictures } from "../core/pictures.js";
import { followPresence } from "../core/presence.js";
import { createQueue } from "../core/saving.js";
import { createStore, onNextFrame } from "../core/store.js";
import { openTool, showTests } from "../core/tool.js";
import { createActions, loadState } from "./actions.js";
import { cursorBar, header, notices, timelineBar, toolbar } from "./bars.js";
import { mergeRepeated, shiftDialog } from "./bulk.js";
import { commands } from "./keys.js";
import { editor } from "./editor.js";
import { exportDialog, importDialog } from "./files.js";
import { List, orderBar } from "./list.js";
import { createLookups } from "./lookups.js";
import { createMoving } from "./moving.js";
import { listed } from "./order.js";
import { panel } from "./panel.js";
import { replaceDialog } from "./replacing.js";
import { isGap, placeAt } from "./rows.js";
import { Stage } from "./stage.js";
import { currentRow, open, overlaid, select, tracked } from "./state.js";
import { Timeline } from "./timeline.js";
import { around, essential } from "./views.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {ReturnType<typeof createActions>} Actions */

const place = `/videos/${boot.video}/captions`;
const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const FLICKER_MILLISECONDS = 350;
const IDLE_MILLISECONDS = 250;
const PICTURES_KEPT = 400;

render(
  html`<div id="top"></div>
    <div class="tool">
      <aside class="frames" aria-label="Captions"><div id="order"></div><div id="list"></div></aside>
      <main>
        <div id="notices"></div>
        <div id="toolbar"></div>
        <div class="stage">
          <canvas id="stage" tabindex="0" aria-label="Pictures of the caption; the list beside them says the same"></canvas>
        </div>
        <div id="editor"></div>
        <div class="timeline">
          <canvas id="timeline" tabindex="0" aria-label="Timeline; the list of captions says the same"></canvas>
          <div id="zoom"></div>
        </div>
        <div id="cursor"></div>
      </main>
      <aside id="panel" class="panel" aria-label="Extents, status, progress"></aside>
    </div>`,
  root,
);

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const canvas = (id) => /** @type {HTMLCanvasElement} */ (document.getElementById(id));

/** @param {any} answer */
function start(answer) {
  const store = createStore(open(boot.video, answer, remembered()));
  let shownAt = performance.now();
  const media = `/media/videos/${boot.video}`;
  const pictures = new Pictures((frame) => `${media}/crop/${frame}.jpg?v=${store.get().data.pictures}`, () => redraw(), PICTURES_KEPT);
  const sources = new Pictures((number) => `${media}/source/${number}.jpg?v=${store.get().data.source.version}`, () => redraw(), 60);

  const moving = createMoving({ store, flush: () => actions.flush(), ready: (frame) => pictures.get(frame) !== null || pictures.failed(frame) });
  const queue = createQueue({
    place,
    onState: (state, message) => store.update((old) => ({ ...old, save: { state, message } })),
    onAnswer: (reply, action) => acknowledge(reply, action),
    onRefused: (error, action) => actions.refused(error, action),
  });
  queue.revision = answer.revision;
  const actions = createActions({ store, queue, place, shownAt: () => shownAt, moving });
  const lookups = createLookups({ store, place, settled: () => queue.settled() });

  const redraw = onNextFrame(() => draw(store.get()));
  const stage = new Stage(canvas("stage"), pictures, sources, (slot) => {
    if (slot.edge) store.update((state) => ({ ...state, edge: slot.edge || state.edge }));
    if (!slot.source) moving.visit(slot.frame);
  });
  const list = new List(element("list"), (id) => moving.toRow(id));
  const timeline = new Timeline(
    canvas("timeline"),
    { state: store.get, scrub: (frame) => moving.visit(frame), choose: (id, frame) => moving.toRow(id, frame), ghost: lookups.ghost, drop: actions.send },
    () => redraw(),
  );

  let rows = listed(store.get());
  store.watch((now, before) => {
    if (now.rows !== before.rows || now.queue !== before.queue || now.search !== before.search || now.order !== before.order || now.show !== before.show) rows = listed(now);
    if (now.current !== before.current) shownAt = performance.now();
    if (now.current !== before.current || now.frame !== before.frame) {
      ahead(now);
      remember(now);
    }
    if (now.flicker !== before.flicker) flickerOn(now.flicker);
    lookups.follow(now, before);
    redraw();
  });

  /** @param {any} reply @param {import("../core/queue.js").Pending} action */
  function acknowledge(reply, action) {
    moving.learn(reply, queue.pending.map((item) => item.body));
    const change = /** @type {import("./types.js").Change | undefined} */ (action.body.change);
    if (!change) showWhatChanged(reply, action.path);
    else if (change.kind === "add" || change.kind === "split") moving.show(reply);
    else if (change.kind === "import" || change.kind === "replace") toast(`${reply.rows.length} captions changed.`);
  }

  /** @param {any} reply @param {string} path */
  function showWhatChanged(reply, path) {
    moving.show(reply);
    const count = reply.rows.length + reply.gone.length;
    toast(`${path === "undo" ? "Undone" : "Done again"}: ${count} ${count === 1 ? "caption" : "captions"}`);
  }

  let idle = 0;
  /** Fetches what will be wanted next. @param {State} state */
  function ahead(state) {
    const there = (/** @type {number[]} */ frames) => frames.filter((frame) => stored(state, frame));
    const row = currentRow(state);
    if (state.view === "strip") pictures.prefetch(there([...around(state), state.frame - 10, state.frame + 10]));
    pictures.prefetch(there([...(row ? [row] : []), ...lookups.upcoming(state)].flatMap(essential)));
    clearTimeout(idle);
    // What only the strip shows can wait: whoever confirms one caption after the other never sees it.
    idle = window.setTimeout(() => pictures.prefetch(there(around(state))), IDLE_MILLISECONDS);
  }

  let turns = 0;
  /** @param {boolean} on */
  function flickerOn(on) {
    clearInterval(turns);
    if (on) turns = window.setInterval(() => store.update((state) => ({ ...state, turn: !state.turn })), FLICKER_MILLISECONDS);
  }

  /** @param {State} state */
  function draw(state) {
    render(header(state, actions, redraw), element("top"));
    render(orderBar(state, rows.length, { order, show, search, pass }), element("order"));
    render(notices(state, redraw), element("notices"));
    render(toolbar(state, actions, moving, tools), element("toolbar"));
    render(editor(state, actions, { again: lookups.readAgain }), element("editor"));
    render(timelineBar(zoom, state, moving), element("zoom"));
    render(cursorBar(state, actions, moving), element("cursor"));
    render(panel(state, actions, moving, { search }), element("panel"));
    stage.draw(state);
    timeline.draw(state);
    list.update(state, rows);
  }

  const order = (/** @type {import("./types.js").Order} */ wish) => store.update((state) => ({ ...state, order: wish, queue: null }));
  const show = (/** @type {import("./types.js").Show} */ wish) => store.update((state) => ({ ...state, show: wish, queue: null }));
  const pass = (/** @type {import("./types.js").Pass} */ wish) => store.update((state) => ({ ...state, pass: wish }));
  const search = (/** @type {string} */ text) => store.update((state) => ({ ...state, search: text }));
  const zoom = { zoom: (/** @type {number} */ factor) => timeline.zoom(factor), whole: () => timeline.whole() };
  const tools = {
    /** @param {"difference" | "flicker" | "loupe" | "fine"} name */
    toggle(name) {
      store.update((state) => {
        const key = name === "difference" && state.view === "strip" ? "changed" : name;
        return { ...state, [key]: !state[key] };
      });
    },
    replace: () => replaceDialog(store.get(), place, actions.send),
    importFile: () => importDialog(store.get(), place, actions.send),
    exportFile: () => exportDialog(store.get(), place, boot.name),
    repeats: () => mergeRepeated(store.get(), actions.send),
    shift: () => shiftDialog(store.get(), actions.send),
  };

  register(commands({ store, actions, moving, lookups, timeline, zoom, tools, drawNow: () => draw(store.get()) }));

  followPresence(place, ({ revision, stamp, others }) => {
    store.update((state) => ({ ...state, others }));
    if (queue.pending.length) return;
    if (stamp !== store.get().stamp) actions.reload().then(loadTracks);
    else if (revision > queue.revision) actions.follow();
  });

  async function loadTracks() {
    const tracks = await api.get(`${place}/tracks`).catch(() => null);
    if (tracks) store.update((state) => tracked(state, tracks));
  }

  new ResizeObserver(() => redraw()).observe(element("stage"));
  new ResizeObserver(() => redraw()).observe(element("timeline"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  addEventListener("hashchange", followAddress);
  addEventListener("pagehide", () => actions.flush());
  addEventListener("beforeunload", () => actions.flush());

  /** Goes to the frame of the address; without one, to the first caption that is open. */
  function followAddress() {
    const hash = new URLSearchParams(location.hash.slice(1));
    if (hash.has("frame")) moving.toFrame(Number(hash.get("frame")));
    else if (hash.has("caption")) moving.toRow(Number(hash.get("caption")));
  }

  store.update((state) => overlaid(state, queue.pending.map((item) => item.body)));
  const first = store.get().rows.find((row) => !isGap(row)) ?? store.get().rows[0];
  if (first) store.update((state) => select(state, first.id));
  followAddress();
  ahead(store.get());
  redraw();
  loadTracks();
  lookups.queue();
  lookups.follow(store.get(), { ...store.get(), current: -1 });
  queue.pump();
  showTests({
    state: store.get,
    painted: () => !redraw.waiting(),
    slots: () => stage.slots.map((slot, i) => ({ ...slot, shown: stage.shown[i] })),
    slotPlace: (/** @type {number} */ number) => stage.place(number),
    pixel: (/** @type {number} */ number, /** @type {number} */ x, /** @type {number} */ y) => stage.pixel(number, x, y),
    boundaryPoint: (/** @type {number} */ frame) => timeline.point(frame),
    scale: () => timeline.scaleOf(store.get()),
    settled: () => queue.settled(),
  });
}

/** True where a picture of a frame is stored. @param {State} state @param {number} frame */
function stored({ data }, frame) {
  return data.ranges.some(([from, to]) => frame >= from && frame <= to);
}

/** Returns what a person chose when they were here last. @returns {Partial<State>} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem("captions") ?? "{}");
  } catch {
    return {};
  }
}

/** @param {State} state */
function remember({ policy, pass, home, difference, rows, frame, current }) {
  localStorage.setItem("captions", JSON.stringify({ policy, pass, home, view: home, difference }));
  const inside = rows[placeAt(rows, frame)]?.id === current;
  history.replaceState(null, "", inside ? `#frame=${frame}` : `#caption=${current}`);
}

openTool("Captions", () => loadState(place), start);
