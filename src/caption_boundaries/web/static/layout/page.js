// The layout tool: which boxes are the caption, and where to crop.

import { html, nothing, render } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { boot } from "../core/boot.js";
import { register } from "../core/commands.js";
import { showDialog } from "../core/dialog.js";
import "../core/palette.js";
import { Pictures } from "../core/pictures.js";
import { followPresence } from "../core/presence.js";
import { createQueue } from "../core/saving.js";
import { createStore, onNextFrame } from "../core/store.js";
import { openTool, showTests } from "../core/tool.js";
import { createActions, loadState } from "./actions.js";
import { header, notices, orderBar, toolbar, zoomBar } from "./bars.js";
import { Contact } from "./contact.js";
import { area, reached, rectOf } from "./geometry.js";
import { Grid } from "./grid.js";
import { ordered } from "./order.js";
import { panel, selectionBar } from "./panel.js";
import { Pointer } from "./pointer.js";
import { Stage } from "./stage.js";
import { answered, assessed, goTo, inScope, open, placeOf, targets } from "./state.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {ReturnType<typeof createActions>} Actions */

const place = `/videos/${boot.video}/layout`;
const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const AHEAD = 6;
const SUGGEST_MILLISECONDS = 150;

render(
  html`<div id="top"></div>
    <div class="tool">
      <aside class="frames" aria-label="Frames"><div id="order"></div><div id="grid" tabindex="0" aria-label="Frames"></div></aside>
      <main>
        <div id="notices"></div>
        <div id="toolbar"></div>
        <div class="stage">
          <canvas id="canvas" tabindex="0" aria-label="Frame with its boxes; the list beside it says the same" aria-describedby="boxes"></canvas>
          <div id="zoom"></div>
          <div id="contact" hidden tabindex="0" aria-label="Contact sheet"></div>
        </div>
        <div id="selection"></div>
      </main>
      <aside id="panel" class="panel" aria-label="Boxes, progress, crop"></aside>
    </div>`,
  root,
);

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {any} answer */
function start(answer) {
  const store = createStore(open(boot.video, answer));
  /** When the frame came into view. */
  let shownAt = performance.now();
  /** @type {number[]} */
  const visited = [];
  /** @type {Set<number>} */
  const seen = new Set();

  const queue = createQueue({
    place,
    onState: (state, message) => store.update((old) => ({ ...old, save: { state, message } })),
    onAnswer: (reply, action) => acknowledge(reply, action),
    onRefused: (error, action) => actions.refused(error, action),
  });
  queue.revision = answer.revision;
  const actions = createActions({ store, queue, place, visited, seen, shownAt: () => shownAt });

  const pictures = new Pictures((index) => `/media/videos/${boot.video}/full/${index}.jpg?v=${store.get().data.pictures}`, () => redraw());
  const stage = new Stage(/** @type {HTMLCanvasElement} */ (element("canvas")), pictures);
  const grid = new Grid(element("grid"), (frame, add, range) => chooseFrame(frame, add, range));
  const contact = new Contact(element("contact"), (frame) => {
    actions.visit(frame);
    setView("frame");
  });
  const pointer = new Pointer(stage, {
    state: store.get,
    set: actions.set,
    redraw: () => redraw(),
    click: (box, { add, opposite }) => {
      const { brush } = store.get();
      if (opposite) box >= 0 && actions.flip(box);
      else if (brush === "select" || brush === "region" || box < 0) actions.choose(box, add);
      else {
        actions.choose(box, false);
        actions.markBoxes(brush, [box]);
      }
    },
    rectangle: (boxes) => {
      const { brush } = store.get();
      actions.set((state) => ({ ...state, selection: new Set(boxes), cursor: boxes.length === 1 ? boxes[0] : -1 }));
      if (brush !== "select" && brush !== "region") actions.markBoxes(brush, boxes);
    },
    drawRegion: (rect) => area(rect) > 0.0002 && actions.drawRegion(rect),
    dragCrop: actions.dragCrop,
  });

  const redraw = onNextFrame(() => draw(store.get()));
  let places = ordered(store.get());
  store.watch((now, before) => {
    if (now.stats !== before.stats || now.order !== before.order || now.search !== before.search) places = ordered(now);
    if (now.frame !== before.frame) {
      shownAt = performance.now();
      pictures.prefetch(ahead(now));
      history.replaceState(null, "", `#frame=${now.data.frames[now.frame]}`);
    }
    if (now.labels !== before.labels || now.odds !== before.odds) suggestLater();
    redraw();
  });

  /** @param {any} reply @param {import("../core/queue.js").Pending} action */
  function acknowledge(reply, action) {
    store.update((state) => answered(state, reply, queue.pending.map((item) => item.body)));
    if (action.path === "undo" || action.path === "redo") showWhatChanged(reply);
    if (action.path === "approve") store.update((state) => ({ ...state, offerRun: true }));
    setTimeout(() => store.update((state) => (state.flashed.size ? { ...state, flashed: new Set() } : state)), 700);
  }

  /** Goes to what an undo or redo has changed. @param {any} reply */
  function showWhatChanged(reply) {
    const { boxes, kind, focus } = reply;
    if (focus !== null) actions.goToIndex(focus);
    store.update((state) => ({ ...state, selection: new Set(boxes), cursor: boxes.length === 1 ? boxes[0] : -1 }));
    const what = boxes.length ? `${boxes.length} ${boxes.length === 1 ? "box" : "boxes"}` : "the crop";
    toast(`${kind === "undo" ? "Undone" : "Done again"}: ${what}`);
  }

  let timer = 0;
  let asking = false;
  /** Asks for the crop that follows from the boxes once nothing has changed for a moment. */
  function suggestLater() {
    clearTimeout(timer);
    timer = window.setTimeout(suggest, SUGGEST_MILLISECONDS);
  }

  /** One question at a time: the server works on each for a while, and several would hold up pictures and saving. */
  async function suggest() {
    if (asking) {
      suggestLater();
      return;
    }
    asking = true;
    await queue.settled();
    const { regions } = await api.get(`${place}/crop`).catch(() => ({ regions: store.get().suggested }));
    asking = false;
    store.update((state) => ({ ...state, suggested: regions }));
  }

  /** @param {State} state */
  function ahead(state) {
    const at = places.indexOf(state.frame);
    const next = [];
    for (let by = 1; by <= AHEAD; by += 1) {
      for (const position of [places[at + by], state.frame + by, by <= 2 ? state.frame - by : -1]) {
        if (position >= 0 && position < state.data.frames.length) next.push(state.data.frames[position]);
      }
    }
    return next;
  }

  /** @param {number} frame @param {boolean} add @param {boolean} range */
  function chooseFrame(frame, add, range) {
    if (add) actions.toggleFrame(frame);
    else if (range) {
      const [from, to] = [places.indexOf(store.get().frame), places.indexOf(frame)].sort((a, b) => a - b);
      store.update((state) => ({ ...state, chosen: new Set([...state.chosen, ...places.slice(from, to + 1)]), scope: "selected" }));
    } else actions.visit(frame);
  }

  /** @param {import("./types.js").View} view */
  function setView(view) {
    if (view === "contact") contact.enter(store.get());
    store.update((state) => ({ ...state, view, scope: view === "heat" && state.scope === "frame" ? "all" : view === "frame" ? "frame" : state.scope }));
  }

  /** @param {import("./types.js").Order} order */
  function setOrder(order) {
    seen.clear();
    actions.set((state) => ({ ...state, order }));
    grid.reveal();
  }

  /** @param {State} state */
  function draw(state) {
    render(header(state, actions, redraw), element("top"));
    render(orderBar(state, { order: setOrder, search: (search) => actions.set((old) => ({ ...old, search })) }), element("order"));
    render(notices(state, actions, redraw), element("notices"));
    render(toolbar(state, actions, setView), element("toolbar"));
    const share = stage.transform(state).scale / stage.whole(state).scale;
    render(state.view === "contact" ? nothing : zoomBar(share, { by: zoom, whole: resetZoom }), element("zoom"));
    render(selectionBar(state, targets(state), actions), element("selection"));
    render(panel(state, actions), element("panel"));
    element("canvas").hidden = state.view === "contact";
    element("contact").hidden = state.view !== "contact";
    if (state.view === "contact") contact.update(state, places);
    else stage.draw(state);
    grid.update(state, places);
  }

  /** @param {number} factor */
  function zoom(factor) {
    stage.zoom(store.get(), factor);
    redraw();
  }

  function resetZoom() {
    stage.zoomed = null;
    redraw();
  }

  function loupe() {
    const state = store.get();
    const box = state.cursor >= 0 ? state.cursor : state.data.first[state.frame];
    if (stage.zoomed || box < state.data.first[state.frame + 1]) stage.loupe(state, rectOf(state.data, Math.min(box, state.data.count - 1)));
    redraw();
  }

  async function rectangleByNumbers() {
    const edges = ["left", "top", "right", "bottom"];
    const { value, dialog } = await showDialog({
      title: "Select by numbers",
      body: html`<p class="muted">Edges in percent of the frame. Boxes whose centre lies inside are selected, in the reach that is set above.</p>
        <div class="row wrap">${edges.map((edge, i) => html`<label class="field">${edge[0].toUpperCase()}${edge.slice(1)}<input type="number" name=${edge} min="0" max="100" step="0.1" value=${[0, 80, 100, 100][i]} /></label>`)}</div>`,
      buttons: [{ label: "Cancel", value: "" }, { label: "Select", value: "yes", primary: true }],
    });
    if (value !== "yes") return;
    const [left, top, right, bottom] = edges.map((edge) => Number(/** @type {HTMLInputElement} */ (dialog.querySelector(`[name=${edge}]`)).value) / 100);
    store.update((state) => {
      const boxes = reached(state.data, { left, top, right, bottom }, inScope(state));
      return { ...state, selection: new Set(boxes), cursor: boxes.length === 1 ? boxes[0] : -1 };
    });
  }

  register(
    {
      "layout.previousFrame": () => actions.move(-1),
      "layout.nextFrame": () => actions.move(1),
      "layout.back10": () => actions.move(-10),
      "layout.ahead10": () => actions.move(10),
      "layout.back50": () => actions.move(-50),
      "layout.ahead50": () => actions.move(50),
      "layout.firstFrame": () => actions.visit(0),
      "layout.lastFrame": () => actions.visit(store.get().data.frames.length - 1),
      "layout.previousOpen": () => actions.nextOpen(-1),
      "layout.nextOpen": () => actions.nextOpen(1),
      "layout.queueNext": () => actions.queueNext(false),
      "layout.queuePrevious": () => actions.queuePrevious(false),
      "layout.queueNextOpen": () => actions.queueNext(true),
      "layout.queuePreviousOpen": () => actions.queuePrevious(true),
      "layout.nextUncertain": actions.nextUncertain,
      "layout.cursorUp": () => actions.step(-1),
      "layout.cursorDown": () => actions.step(1),
      "layout.extendUp": () => actions.extend(-1),
      "layout.extendDown": () => actions.extend(1),
      "layout.markIn": () => actions.mark("in"),
      "layout.markOut": () => actions.mark("out"),
      "layout.clear": () => actions.mark("clear"),
      "layout.accept": actions.accept,
      "layout.selectSame": actions.selectSame,
      "layout.selectAll": actions.selectAll,
      "layout.scope": () =>
        store.update((state) => ({ ...state, scope: state.scope === "frame" ? "selected" : state.scope === "selected" ? "all" : "frame" })),
      "layout.rectangle": rectangleByNumbers,
      "layout.toggleFrame": () => actions.toggleFrame(store.get().frame),
      "layout.undo": actions.undo,
      "layout.redo": actions.redo,
      "layout.viewFrame": () => setView("frame"),
      "layout.viewHeat": () => setView(store.get().view === "heat" ? "frame" : "heat"),
      "layout.viewContact": () => setView("contact"),
      "layout.zoomIn": () => zoom(1.4),
      "layout.zoomOut": () => zoom(1 / 1.4),
      "layout.zoomReset": resetZoom,
      "layout.loupe": loupe,
      "layout.pan": () => (pointer.panning = true),
      "layout.approve": actions.approve,
      cancel: () => {
        pointer.cancel();
        store.update((state) => ({ ...state, selection: new Set(), cursor: -1, brush: state.brush === "region" ? "select" : state.brush }));
      },
    },
    { "layout.pan": () => (pointer.panning = false) },
  );

  followPresence(place, ({ revision, stamp, others }) => {
    store.update((state) => ({ ...state, others }));
    if ((revision > queue.revision || stamp !== store.get().stamp) && !queue.pending.length) actions.reload().then(assess);
  });

  async function assess() {
    try {
      const assessment = await api.get(`${place}/assessment`);
      store.update((state) => assessed(state, assessment, queue.pending.map((item) => item.body)));
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { bad: true });
    }
  }

  new ResizeObserver(() => redraw()).observe(element("canvas"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  addEventListener("hashchange", followAddress);

  function followAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("frame");
    if (wanted !== null) store.update((state) => goTo(state, placeOf(state.data, Number(wanted))));
  }

  const { data } = store.get();
  // What is to be done is seen where there are boxes.
  if (data.count) store.update((state) => goTo(state, data.frame[0]));
  followAddress();
  seen.add(store.get().frame);
  visited.push(store.get().frame);
  pictures.prefetch(ahead(store.get()));
  redraw();
  assess();
  queue.pump();
  showTests({
    state: store.get,
    painted: () => !redraw.waiting(),
    point: (/** @type {number} */ x, /** @type {number} */ y) => stage.pagePoint(store.get(), x, y),
    pixel: (/** @type {number} */ x, /** @type {number} */ y) => stage.pixel(store.get(), x, y),
    shownIndex: () => stage.shownIndex,
    settled: () => queue.settled(),
  });
}

openTool("Layout", () => loadState(place), start);
