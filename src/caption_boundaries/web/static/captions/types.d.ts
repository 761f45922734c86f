import type { HistoryEntry } from "../core/history.js";
import type { SaveState } from "../core/queue.js";

export type Edge = "start" | "end";
export type Policy = "protect" | "push" | "trim";
export type View = "boundary" | "strip";
export type Step = "every" | "second" | "fifth" | "changes";
export type Order = "time" | "uncertain" | "work";
export type Show = "all" | "open" | "pending" | "unconfirmed" | "gaps" | "short" | "long" | "imported" | "doubtful_text";
/** Which pass of the work a confirmation settles. */
export type Pass = "both" | "extents" | "text";
export type Status = "valid_caption" | "ocr_error" | "partial_caption" | "text_unclear" | "other_issue" | "confirmed";

/** One caption or one gap. */
export type Row = {
  id: number;
  /** First and last frame, inclusive. */
  start: number;
  end: number;
  state: "predicted" | "confirmed" | "gap" | "issue";
  pending: boolean;
  /** How sure the detector is of its edges, 0 to 1. */
  sure: number | null;
  /** Exact to the source picture; null: not refined. The end is exclusive. */
  startSeconds: number | null;
  endSeconds: number | null;
  /** null: not annotated yet; "": there is no text. */
  text: string | null;
  textPending: boolean;
  status: Status | null;
  notes: string;
  /** What the engine read. */
  ocr: string | null;
  textSure: number | null;
};

/** A row as the server sends it: by the names of its columns. */
export type WireRow = Record<string, any>;

/** What never changes while the page is open, unless a step has run again. */
export type Data = {
  video: string;
  rate: number;
  /** Frames of the video: indices from 0 to count - 1. */
  count: number;
  pictures: string;
  /** Pixels of a picture of the strip. */
  width: number;
  height: number;
  ranges: [number, number][];
  source: { available: boolean; reason: string; frame_count: number; version: string };
  formats: string[];
  /** For each frame, from 0 to 1: how likely a boundary lies before it, and how much differs from the one before. */
  likelihood: Float32Array | null;
  difference: Float32Array | null;
  /** Frames at which much changes. */
  changes: number[];
};

export type Slot = {
  kind: "crop" | "difference";
  /** True: `frame` and `other` count pictures of the video file, not stored frames. */
  source: boolean;
  /** -1: none. */
  frame: number;
  /** The frame that a difference is taken from; -1: none. */
  other: number;
  label: string;
  note: string;
  place: "above" | "beside";
  /** 0 to 1; -1: no meter. */
  meter: number;
  current: boolean;
  edge: Edge | "";
  rect: { x: number; y: number; width: number; height: number };
};

export type SourceFrame = { number: number; seconds: number; index: number };
/** The pictures of the video around a moment; `current` is shown at it. */
export type Sources = { seconds: number; frames: SourceFrame[]; current: number };

export type Candidate = { text: string; source: string; frames: number[]; confidence: number | null; agreement: (number | null)[]; marks: string };
/** A text that is being typed, and the revision at which that began. */
export type Draft = { id: number; text: string; base: number };
export type Readings = { id: number; candidates: Candidate[]; stale: boolean; busy: boolean };

/** What an action would leave behind. */
export type Ghost = { rows: Row[]; gone: number[]; hurt: number[]; message: string };

export type State = {
  data: Data;
  revision: number;
  stamp: string;
  /** As the server has them. */
  stored: Row[];
  /** With what is not acknowledged yet. */
  rows: Row[];
  review: "pending" | "complete";
  /** The frame at the cursor. */
  frame: number;
  /** The row in focus; -1: none. */
  current: number;
  /** Which edge was touched last. */
  edge: Edge;
  view: View;
  /** The view to which the next caption returns. */
  home: View;
  step: Step;
  /** Whether the boundary view shows what differs, and whether the strip does. */
  difference: boolean;
  changed: boolean;
  flicker: boolean;
  /** Which of two pictures is shown in turn. */
  turn: boolean;
  loupe: boolean;
  /** True: pictures of the video instead of stored ones at the boundaries. */
  fine: boolean;
  sources: { start: Sources | null; end: Sources | null };
  policy: Policy;
  pass: Pass;
  order: Order;
  show: Show;
  search: string;
  /** Work order of the server; null: as the rows stand. */
  queue: { ids: number[]; scores: number[] } | null;
  /** What is typed and not saved yet; null: nothing. */
  draft: Draft | null;
  readings: Readings | null;
  ghost: Ghost | null;
  playing: 0 | 1 | -1 | "loop";
  save: { state: SaveState; message: string };
  others: { actor: string; session: string }[];
  notices: string[];
  canUndo: boolean;
  canRedo: boolean;
  readOnly: string;
  history: HistoryEntry[] | null;
};

/** What an action changes; the server knows the kinds. */
export type Change = { kind: string } & Record<string, any>;
