// One video of the list.

import { html, nothing } from "../vendor/lit.js";
import { clock, percent, plural } from "../core/format.js";
import { words } from "../core/words.js";
import { STEP_NAMES, busy, canOpen, jobShare, openSteps } from "./state.js";

const SIGNS = { done: "✓", stale: "↻", missing: "–" };
const WORDS = { done: "done", stale: "out of date", missing: "missing" };

/**
 * @param {import("./state.js").Entry} entry
 * @param {import("./state.js").Summary | undefined} summary
 * @param {boolean} current
 * @param {{run: (id: string) => void, stop: (id: string) => void, choose: (id: string) => void}} actions
 */
export function row(entry, summary, current, actions) {
  return html`<li
    class="video ${current ? "current" : ""}"
    data-id=${entry.id}
    aria-current=${current ? "true" : nothing}
    @click=${() => actions.choose(entry.id)}
  >
    ${picture(summary)}
    <div class="about">
      <h2 dir="auto">${entry.name}</h2>
      <p class="muted number">${facts(entry, summary)}</p>
      ${summary?.problem
        ? html`<p class="notice warn"><span>${words(`${summary.problem.message} ${summary.problem.hint}`)}</span></p>`
        : html`<ul class="steps" aria-label="Steps">${(summary?.steps ?? []).map(step)}</ul>`}
    </div>
    ${summary?.read_only ? html`<p class="notice warn read-only"><span>${words(summary.read_only)}</span></p>` : nothing}
    <div class="passes">${summary?.passes ? passes(summary.passes) : nothing}</div>
    <div class="actions">${summary ? buttons(summary, actions) : nothing}</div>
    ${summary?.job && summary.job.state !== "done" ? jobLine(summary, actions) : nothing}
  </li>`;
}

/** @param {import("./state.js").Summary | undefined} summary */
function picture(summary) {
  return html`<div class="thumbnail">
    ${summary?.thumbnail ? html`<img src=${summary.thumbnail} alt="" loading="lazy" decoding="async" />` : nothing}
  </div>`;
}

/**
 * @param {import("./state.js").Entry} entry
 * @param {import("./state.js").Summary | undefined} summary
 */
function facts(entry, summary) {
  const size = summary?.width ? `${summary.width} × ${summary.height}` : "";
  return [entry.duration_seconds ? clock(entry.duration_seconds) : "", size].filter(Boolean).join(" · ");
}

/** @param {import("./state.js").Step} item */
function step(item) {
  const name = STEP_NAMES.get(item.name) ?? item.name;
  return html`<li class="chip ${item.state === "done" ? "good" : item.state === "stale" ? "warn" : ""}" title=${item.detail}>
    <span aria-hidden="true">${SIGNS[item.state]}</span>${name}<span class="visually-hidden">: ${WORDS[item.state]}</span>
  </li>`;
}

/** @param {import("./state.js").Passes} counts */
function passes(counts) {
  const layout = counts.layout_approved ? "approved" : counts.box_labels ? plural(counts.box_labels, "label") : "not begun";
  return html`
    ${pass("Layout", counts.layout_approved ? 1 : 0, layout)}
    ${pass("Extents", share(counts.extents_done, counts.captions), of(counts.extents_done, counts.captions))}
    ${pass("Text", share(counts.text_done, counts.captions), of(counts.text_done, counts.captions))}
  `;
}

/** @param {number} done @param {number} all */
function of(done, all) {
  return all ? `${done} of ${all}` : "–";
}

/** @param {number} done @param {number} all */
function share(done, all) {
  return all ? done / all : 0;
}

/** @param {string} name @param {number} part @param {string} words */
function pass(name, part, words) {
  return html`<div class="pass">
    <span class="muted">${name}</span>
    <span class="number words">${words}</span>
    <div class="meter ${part >= 1 ? "good" : ""}" role="img" aria-label="${name}: ${percent(part)}">
      <span .style=${`width: ${part * 100}%`}></span>
    </div>
  </div>`;
}

/**
 * @param {import("./state.js").Summary} summary
 * @param {{run: (id: string) => void}} actions
 */
function buttons(summary, actions) {
  const missing = openSteps(summary);
  return html`
    ${tool(summary, "layout", "Layout")} ${tool(summary, "captions", "Captions")}
    ${missing.length && !busy(summary) && !summary.problem && !summary.read_only
      ? html`<button class="run" @click=${() => actions.run(summary.id)} title=${missing.map((name) => STEP_NAMES.get(name)).join(", ")}>
          Run ${plural(missing.length, "step")}
        </button>`
      : nothing}
  `;
}

/**
 * @param {import("./state.js").Summary} summary
 * @param {string} name
 * @param {string} label
 */
function tool(summary, name, label) {
  return canOpen(summary, name)
    ? html`<a class="button" href="/videos/${summary.id}/${name}">${label}</a>`
    : html`<button disabled title="Its steps have not run yet">${label}</button>`;
}

/**
 * @param {import("./state.js").Summary} summary
 * @param {{stop: (id: string) => void}} actions
 */
function jobLine(summary, actions) {
  const job = /** @type {import("./state.js").Job} */ (summary.job);
  const name = STEP_NAMES.get(job.step) ?? job.step;
  if (!busy(summary)) {
    const outcome = job.state === "failed" ? `${name} failed: ${job.message}` : "Stopped. What was finished stays.";
    return html`<div class="job notice ${job.state === "failed" ? "bad" : ""}" role="status"><span>${words(outcome)}</span></div>`;
  }
  const count = job.total ? `${Math.floor(job.done)} of ${Math.ceil(job.total)} ${job.unit}` : job.unit ? `${Math.floor(job.done)} ${job.unit}` : "";
  const doing = job.state === "waiting" ? "Waiting for the video before it" : `${name} ${count}`;
  return html`<div class="job">
    <span class="number">${doing}</span>
    <div class="meter" role="progressbar" aria-label="Steps of ${summary.name}" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(jobShare(job) * 100)}><span .style=${`width: ${jobShare(job) * 100}%`}></span></div>
    <button @click=${() => actions.stop(summary.id)}>Stop</button>
  </div>`;
}
