// The list of videos: how far each is, running what is missing, and adding a video file.

import { html, nothing, render, repeat } from "../vendor/lit.js";
import * as api from "../core/api.js";
import { toast } from "../core/announce.js";
import { register } from "../core/commands.js";
import { plural } from "../core/format.js";
import "../core/palette.js";
import { hint } from "../core/hints.js";
import { keySign } from "../core/shortcut.js";
import { createStore, onNextFrame } from "../core/store.js";
import { topbar } from "../core/topbar.js";
import { words } from "../core/words.js";
import { row } from "./row.js";
import { EMPTY, busy, canOpen, moveCursor, openSteps, visible } from "./state.js";

const store = createStore(EMPTY);
const page = /** @type {HTMLElement} */ (document.getElementById("page"));
const draw = onNextFrame(() => {
  render(template(store.get()), page);
  watchRows();
});
store.watch(draw);

const inView = new IntersectionObserver((rows) => {
  for (const item of rows) {
    const id = /** @type {HTMLElement} */ (item.target).dataset.id ?? "";
    if (item.isIntersecting && !store.get().summaries[id]) wanted.add(id);
  }
  fetchWanted();
});
/** @type {Set<string>} */
const wanted = new Set();
let fetching = false;

function watchRows() {
  for (const element of page.querySelectorAll("li.video:not([data-watched])")) {
    /** @type {HTMLElement} */ (element).dataset.watched = "yes";
    inView.observe(element);
  }
}

/** Asks for the videos in view one after the other: each costs the server a look at its files. */
async function fetchWanted() {
  if (fetching) return;
  fetching = true;
  for (const id of wanted) {
    wanted.delete(id);
    await refresh(id);
  }
  fetching = false;
}

/** @param {string} id */
async function refresh(id) {
  try {
    const summary = await api.get(`/videos/${id}`);
    store.update((state) => ({ ...state, summaries: { ...state.summaries, [id]: summary } }));
  } catch (error) {
    tell(error);
  }
}

async function load() {
  try {
    const { videos, data } = await api.get("/videos");
    store.update((state) => ({ ...state, entries: videos, data, cursor: state.cursor || (videos[0]?.id ?? ""), error: "" }));
  } catch (error) {
    store.update((state) => ({ ...state, error: /** @type {Error} */ (error).message }));
  }
}

/** @param {unknown} error */
function tell(error) {
  const { message, hint: advice } = /** @type {api.ApiError} */ (error);
  toast([message, advice].filter(Boolean).join(" "), { bad: true });
}

const actions = {
  /** @param {string} id */
  async run(id) {
    try {
      await api.post(`/videos/${id}/run`, { steps: [] });
    } catch (error) {
      tell(error);
    }
    await refresh(id);
  },
  /** @param {string} id */
  async stop(id) {
    await api.post(`/videos/${id}/stop`, {}).catch(tell);
    await refresh(id);
  },
  /** @param {string} id */
  choose(id) {
    store.update((state) => ({ ...state, cursor: id }));
  },
};

/** Follows the jobs that run. */
async function follow() {
  const active = Object.values(store.get().summaries).filter(busy);
  for (const summary of active) await refresh(summary.id);
  setTimeout(follow, active.length ? 700 : 2000);
}

/** Takes a file that was added, or could not be, off the page. @param {string} name */
function forget(name) {
  store.update((state) => ({ ...state, uploads: state.uploads.filter((item) => item.name !== name) }));
}

/** @param {Iterable<File>} files */
async function add(files) {
  for (const file of files) {
    const report = (/** @type {Partial<import("./state.js").ListState["uploads"][0]>} */ change) =>
      store.update((state) => ({
        ...state,
        uploads: [...state.uploads.filter((item) => item.name !== file.name), { name: file.name, share: 0, error: "", ...change }],
      }));
    report({});
    try {
      const added = await api.upload(`/uploads?name=${encodeURIComponent(file.name)}`, file, (share) => report({ share }));
      forget(file.name);
      store.update((state) => ({ ...state, cursor: added.id }));
      toast(added.known ? `${file.name} is in the list already.` : `${file.name} was added; its steps run now.`);
      await load();
      await refresh(added.id);
    } catch (error) {
      const { message, hint: advice } = /** @type {api.ApiError} */ (error);
      report({ error: [message, advice].filter(Boolean).join(" ") });
    }
  }
}

function chooseFiles() {
  /** @type {HTMLInputElement} */ (document.getElementById("files")).click();
}

/** @param {number} by */
function move(by) {
  store.update((state) => moveCursor(state, by));
  requestAnimationFrame(() => page.querySelector("li.current")?.scrollIntoView({ block: "nearest" }));
}

/** @param {string} tool */
function open(tool) {
  const state = store.get();
  const summary = state.summaries[state.cursor];
  if (summary && canOpen(summary, tool)) location.href = `/videos/${summary.id}/${tool}`;
}

register({
  "list.next": () => move(1),
  "list.previous": () => move(-1),
  "list.layout": () => open("layout"),
  "list.captions": () => open("captions"),
  "list.run": () => {
    const summary = store.get().summaries[store.get().cursor];
    if (summary && openSteps(summary).length && !busy(summary) && !summary.read_only) actions.run(summary.id);
  },
  "list.add": chooseFiles,
  "list.search": () => document.getElementById("search")?.focus(),
  cancel: () => store.update((state) => ({ ...state, search: "" })),
});

/** @param {import("./state.js").ListState} state */
function template(state) {
  const shown = visible(state);
  return html`
    ${topbar({
      title: "Videos",
      middle: state.entries?.length ? html`<span class="muted number">${plural(state.entries.length, "video")} in ${state.data}</span>` : nothing,
      right: html`
        <input id="search" type="search" placeholder="Search" aria-label="Search the list" .value=${state.search}
          @input=${(/** @type {Event} */ event) => store.update((old) => ({ ...old, search: /** @type {HTMLInputElement} */ (event.target).value }))} />
        <button class="primary" @click=${chooseFiles}>Add video ${keySign("list.add")}</button>
        <input id="files" type="file" accept="video/*,.mkv,.ts" multiple hidden
          @change=${(/** @type {Event} */ event) => {
            const input = /** @type {HTMLInputElement} */ (event.target);
            add([...(input.files ?? [])]);
            input.value = "";
          }} />
      `,
      redraw: draw,
    })}
    <main>
      ${state.error ? html`<p class="notice bad">${state.error}</p>` : nothing}
      ${hint(
        "list",
        "Each video goes through five steps. When they are through, look at the layout first: which boxes are the caption. Then proof-read the captions.",
        draw,
      )}
      ${state.uploads.map(
        (item) => html`<div class="notice ${item.error ? "bad" : ""}" role="status">
          <span>${item.error ? words(item.error) : `Adding ${item.name}`}</span>
          ${item.error
            ? html`<span class="spacer"></span><button @click=${() => forget(item.name)}>Close</button>`
            : html`<div class="meter upload"><span .style=${`width: ${item.share * 100}%`}></span></div>`}
        </div>`,
      )}
      ${state.entries === null && !state.error ? html`<p class="muted empty">Looking for videos …</p>` : nothing}
      ${state.entries?.length === 0 ? empty() : nothing}
      ${state.entries?.length && !shown.length ? html`<p class="muted empty">No video fits “${state.search}”.</p>` : nothing}
      <ul class="videos" aria-label="Videos">
        ${repeat(
          shown,
          (entry) => entry.id,
          (entry) => row(entry, state.summaries[entry.id], entry.id === state.cursor, actions),
        )}
      </ul>
    </main>
  `;
}

function empty() {
  return html`<div class="empty">
    <p>No videos yet.</p>
    <p class="muted">Add a video file with burned-in captions, or drop it here.</p>
    <p><button class="primary" @click=${chooseFiles}>Add video</button></p>
  </div>`;
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  add([...(event.dataTransfer?.files ?? [])]);
});

draw();
load();
follow();
