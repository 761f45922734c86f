// The layout tool: which boxes are the caption, and where to crop.

import { html, nothing, render } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { boot } from "../core/boot.js";
import { register } from "../core/commands.js";
import { showDialog } from "../core/dialog.js";
import { clock } from "../core/format.js";
import { hint } from "../core/hints.js";
import "../core/palette.js";
import { Pictures } from "../core/pictures.js";
import { followPresence, othersWords } from "../core/presence.js";
import { createQueue, saveIndicator } from "../core/saving.js";
import { tip } from "../core/shortcut.js";
import { createStore, onNextFrame } from "../core/store.js";
import { topbar } from "../core/topbar.js";
import { createActions, loadState } from "./actions.js";
import { Contact } from "./contact.js";
import { area, reached } from "./geometry.js";
import { Grid } from "./grid.js";
import { ordered } from "./order.js";
import { panel, selectionBar } from "./panel.js";
import { Pointer } from "./pointer.js";
import { Stage } from "./stage.js";
import { answered, assessed, goTo, inScope, open, placeOf, targets } from "./state.js";
import { rectOf } from "./geometry.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {ReturnType<typeof createActions>} Actions */

const place = `/videos/${boot.video}/layout`;
const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const AHEAD = 6;

render(
  html`<div id="top"></div>
    <div class="tool">
      <aside class="frames" aria-label="Frames"><div id="order"></div><div id="grid" tabindex="-1"></div></aside>
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

  const { data } = store.get();
  const pictures = new Pictures((index) => `/media/videos/${data.video}/full/${index}.jpg?v=${data.pictures}`, () => redraw());
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
      const { brush, labels, odds } = store.get();
      if (opposite) box >= 0 && actions.flip(box);
      else if (brush === "select" || brush === "region" || box < 0) actions.choose(box, add);
      else {
        actions.choose(box, false);
        actions.markBoxes(brush, [box]);
      }
      void labels, odds;
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
  /** Asks for the crop that follows from the boxes once nothing has changed for a moment. */
  function suggestLater() {
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      await queue.settled();
      const { regions } = await api.get(`${place}/crop`).catch(() => ({ regions: store.get().suggested }));
      store.update((state) => ({ ...state, suggested: regions }));
    }, 150);
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

  /** @param {State} state */
  function draw(state) {
    render(header(state), element("top"));
    render(orderBar(state), element("order"));
    render(notices(state), element("notices"));
    render(toolbar(state), element("toolbar"));
    render(zoomBar(state), element("zoom"));
    render(selectionBar(state, targets(state), { ...actions }), element("selection"));
    render(panel(state, actions), element("panel"));
    element("canvas").hidden = state.view === "contact";
    element("contact").hidden = state.view !== "contact";
    if (state.view === "contact") contact.update(state, places);
    else stage.draw(state);
    grid.update(state, places);
  }

  /** @param {State} state */
  function header(state) {
    return topbar({
      title: boot.name,
      middle: html`<span class="crumb">Layout</span>`,
      right: html`
        ${state.others.length ? html`<span class="chip warn">${othersWords(state.others)}</span>` : nothing}
        ${saveIndicator(state.save)}
        <button class="quiet icon-button" ?disabled=${!state.canUndo} title=${tip("Undo", "layout.undo")} aria-label="Undo" @click=${actions.undo}>↶</button>
        <button class="quiet icon-button" ?disabled=${!state.canRedo} title=${tip("Redo", "layout.redo")} aria-label="Redo" @click=${actions.redo}>↷</button>
        <a class="button" href="/videos/${boot.video}/captions">Captions</a>
      `,
      redraw,
    });
  }

  /** @param {State} state */
  function notices(state) {
    return html`${state.readOnly ? html`<p class="notice warn">${state.readOnly}</p>` : nothing}
    ${hint("layout", "Blue boxes go into the crop, orange ones do not. Look at a frame, correct what is wrong with I and O, press Enter, and approve the crop when it holds every caption.", redraw)}`;
  }

  /** @param {State} state */
  function orderBar(state) {
    return html`
      <label class="field"><span class="visually-hidden">Order</span>
        <select id="order-select" .value=${state.order} @change=${(/** @type {Event} */ event) => {
          seen.clear();
          const order = /** @type {import("./types.js").Order} */ (/** @type {HTMLSelectElement} */ (event.target).value);
          store.update((old) => ({ ...old, order }));
          grid.reveal();
        }}>
          <option value="time">By time</option>
          <option value="uncertain">Most uncertain first</option>
          <option value="suspicious">Suspicious first</option>
          <option value="unlabelled">Most unlabelled first</option>
        </select></label>
      <input type="search" id="search" placeholder="Frames with text …" aria-label="Only frames with this text" .value=${state.search}
        @input=${(/** @type {Event} */ event) => store.update((old) => ({ ...old, search: /** @type {HTMLInputElement} */ (event.target).value }))} />
    `;
  }

  /** @param {State} state */
  function toolbar(state) {
    const button = (/** @type {string} */ label, /** @type {boolean} */ on, /** @type {() => void} */ run, /** @type {string} */ title) =>
      html`<button aria-pressed=${on} title=${title} @click=${run}>${label}</button>`;
    const setScope = (/** @type {import("./types.js").Scope} */ scope) => () => store.update((old) => ({ ...old, scope }));
    const setBrush = (/** @type {import("./types.js").Brush} */ brush) => () => store.update((old) => ({ ...old, brush }));
    const setHeat = (/** @type {State["heat"]} */ heat) => () => store.update((old) => ({ ...old, heat }));
    return html`<div class="toolbar" role="toolbar" aria-label="View">
      <div class="segmented" role="group" aria-label="View">
        ${button("Frame", state.view === "frame", () => setView("frame"), tip("One frame", "layout.viewFrame"))}
        ${button("Density", state.view === "heat", () => setView("heat"), tip("The boxes of all frames at once", "layout.viewHeat"))}
        ${button("Contact", state.view === "contact", () => setView("contact"), tip("The crop in all frames", "layout.viewContact"))}
      </div>
      ${state.view === "contact"
        ? nothing
        : html`<div class="row"><span class="muted">Click:</span>
              <div class="segmented" role="group" aria-label="What a click or a rectangle does">
                ${button("Select", state.brush === "select", setBrush("select"), "Select boxes")}
                ${button("In", state.brush === "in", setBrush("in"), "Mark as caption")}
                ${button("Out", state.brush === "out", setBrush("out"), "Mark as something else")}
                ${button("Clear", state.brush === "clear", setBrush("clear"), "Clear the mark")}
              </div></div>
            <div class="row"><span class="muted">Reach:</span>
              <div class="segmented" role="group" aria-label="What a rectangle reaches">
                ${button("Frame", state.scope === "frame", setScope("frame"), tip("Rectangles reach this frame", "layout.scope"))}
                ${button(`Chosen ${state.chosen.size}`, state.scope === "selected", setScope("selected"), "Rectangles reach the chosen frames; Ctrl-click frames to choose them")}
                ${button("All", state.scope === "all", setScope("all"), "Rectangles reach every frame")}
              </div></div>`}
      ${state.view === "heat"
        ? html`<div class="segmented" role="group" aria-label="Which boxes are shown">
            ${button("All", state.heat === "all", setHeat("all"), "All boxes")} ${button("In", state.heat === "in", setHeat("in"), "Only captions")}
            ${button("Out", state.heat === "out", setHeat("out"), "Only others")} ${button("Uncertain", state.heat === "uncertain", setHeat("uncertain"), "Only uncertain ones")}
          </div>`
        : nothing}
    </div>`;
  }

  /** @param {State} state */
  function zoomBar(state) {
    if (state.view === "contact") return nothing;
    const share = Math.round((100 * stage.transform(state).scale) / stage.whole(state).scale);
    return html`<div class="zoom-bar" role="group" aria-label="Zoom">
      <button class="quiet icon-button" aria-label="Zoom out" title=${tip("Zoom out", "layout.zoomOut")} @click=${() => zoom(1 / 1.4)}>−</button>
      <button class="quiet number zoom" aria-label="Show the whole frame" title=${tip("Whole frame", "layout.zoomReset")} @click=${resetZoom}>${share} %</button>
      <button class="quiet icon-button" aria-label="Zoom in" title=${tip("Zoom in", "layout.zoomIn")} @click=${() => zoom(1.4)}>+</button>
    </div>`;
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
        <div class="row wrap">${edges.map((edge, i) => html`<label class="field">${edge}<input type="number" name=${edge} min="0" max="100" step="0.1" value=${[0, 80, 100, 100][i]} /></label>`)}</div>`,
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

  followAddress();
  seen.add(store.get().frame);
  visited.push(store.get().frame);
  pictures.prefetch(ahead(store.get()));
  redraw();
  assess();
  queue.pump();
  if (boot.testing) {
    Object.assign(window, {
      __test: {
        state: store.get,
        boxToPoint: (/** @type {number} */ box) => stage.boxToPoint(store.get(), box),
        shownIndex: () => stage.shownIndex,
        settled: () => queue.settled(),
        clock,
      },
    });
  }
}

loadState(place)
  .then(start)
  .catch((error) => {
    render(
      html`${topbar({ title: boot.name, middle: html`<span class="crumb">Layout</span>`, redraw: () => {} })}
        <main class="problem"><p class="notice bad">${error.message} ${error.hint ?? ""}</p><p><a href="/">All videos</a></p></main>`,
      root,
    );
    throw error;
  });
