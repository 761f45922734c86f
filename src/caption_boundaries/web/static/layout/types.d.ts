import type { HistoryEntry } from "../core/history.js";
import type { SaveState } from "../core/queue.js";

export type Edge = "left" | "top" | "right" | "bottom";
export type Rect = { left: number; top: number; right: number; bottom: number };
export type Region = Rect & { line_height: number; line_count: number; anchor: string; polarity: string };
export type DraftRegion = Rect & { locked: Edge[] };
export type CropState = { regions: Region[]; approved: boolean; version: number; draft: DraftRegion[] };
export type View = "frame" | "heat" | "contact";
export type Scope = "frame" | "selected" | "all";
export type Brush = "select" | "in" | "out" | "clear" | "region";
export type Order = "time" | "uncertain" | "suspicious" | "unlabelled";
export type Word = "in" | "out" | "clear";

/** What never changes while the page is open, unless the text boxes are read again. */
export type Data = {
  video: string;
  pictures: string;
  width: number;
  height: number;
  rate: number;
  frames: number[];
  failures: Record<string, string>;
  count: number;
  /** Position of each box's frame. */
  frame: Int32Array;
  /** Four for each box: left, top, right, bottom as fractions of the frame. */
  edges: Float32Array;
  confidence: Uint16Array;
  texts: string[];
  /** Number of the first box of each frame, and the count at the end. */
  first: Int32Array;
};

export type Doubt = { box: number; kind: "label" | "twin" | "level" | "line"; weight: number };

export type Stats = {
  /** Boxes without a label, per frame. */
  open: Int32Array;
  /** Smallest distance of an unlabelled box from the decision, per frame; Infinity without one. */
  margin: Float32Array;
  /** Doubts, per frame. */
  doubts: Int32Array;
  labelled: number;
  reviewed: number;
};

export type State = {
  data: Data;
  revision: number;
  stamp: string;
  /** As the server has them. */
  stored: Int8Array;
  /** With what is not acknowledged yet. */
  labels: Int8Array;
  odds: Float32Array | null;
  source: "model" | "rules" | "";
  labelDoubts: [number, number][];
  doubts: Doubt[];
  kept: ReadonlySet<string>;
  agreed: number;
  stats: Stats;
  strays: number;
  frame: number;
  cursor: number;
  anchor: number;
  selection: ReadonlySet<number>;
  chosen: ReadonlySet<number>;
  view: View;
  scope: Scope;
  brush: Brush;
  heat: "all" | "in" | "out" | "uncertain";
  order: Order;
  search: string;
  sure: number;
  crop: CropState;
  suggested: Region[];
  save: { state: SaveState; message: string };
  others: { actor: string; session: string }[];
  canUndo: boolean;
  canRedo: boolean;
  readOnly: string;
  flashed: ReadonlySet<number>;
  history: HistoryEntry[] | null;
  offerRun: boolean;
  problem: { message: string; hint: string } | null;
};
