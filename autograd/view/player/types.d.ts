// The types of what the page puts before its scripts, and of what the scripts pass to one another.

declare const DATA: PackedPage;
declare const RULES: Rules;

interface PageData {
  graphs: GraphData[];
  training: TrainingData | null;
}

interface GraphData {
  nodes: NodeData[]; // in topological order, the result last
  boxes: { title: string; path: string; repeats: number; outer: number | null; nodes: number[] }[];
  pictures: PictureData[];
  failure?: string | null; // what the operation that failed says: there is no backward pass then
}

/** What packing.py makes of the above. */
interface PackedPage {
  graphs: PackedGraph[];
  training: TrainingData | null;
}

interface PackedGraph extends Omit<GraphData, "nodes" | "pictures"> {
  nodes: PackedNodes;
  pictures: (Omit<PictureData, "edges"> & { edges: Record<string, number[]> })[];
}

interface PackedNodes {
  name: string[];
  kind: PackedColumn<string>;
  constant: PackedColumn<boolean>;
  rule: PackedColumn<string | null>;
  parents: number[][];
  data: number[];
  partials: number[][];
  line: PackedColumn<string | null>;
}

interface PackedColumn<Kind> {
  values: Kind[];
  places: number[];
}

interface NodeData {
  name: string;
  kind: string;
  constant: boolean;
  rule: string | null; // null for a leaf
  parents: number[];
  data: number;
  partials: number[];
  line: string | null; // the line of code that made it
}

interface PictureData {
  scope: number | null; // the box that is shown
  edges: Record<string, Edge[]>; // what each edge of the picture stands for, by its id
  nodes?: number[]; // where the page lays the picture out: the nodes that are shown
  boxes?: number[]; // and the closed boxes
  number?: number; // of the picture, over the whole page
}

type Edge = [child: number, operand: number];

interface TrainingData {
  frames: Frame[];
  about: string;
  columns: string[]; // what is known of each parameter in each frame

  plane: Plane | null;
}

interface Frame {
  loss: number;
  graph: number;
  leaves: Record<number, number>;
  parameters: Record<number, number[]>; // by leaf, as in `columns`
  layers: Record<string, [gradient: number, update: number]>; // root mean squares
  dead: number[]; // ReLUs that are 0 for every example
}

interface Plane {
  ranges: [[number, number], [number, number]];
  points: [number, number, number][];
  grids: string[];
  grid: number;
  outputs: number;
  classes: string[];
}

/** The table: for each primitive its value and its partial derivatives as functions, and how they are written. */
type Rules = Record<string, Rule>;

interface Rule {
  inputs: string[];
  symbol: string;
  about: string[]; // a template; one empty part where the call says it all
  call: string[];
  domain: Record<string, string>;
  value: (...operands: number[]) => number;
  partials: ((...operandsAndOut: number[]) => number)[];
  shown: Branch[][];
}

type Branch = [holds: (...operandsAndOut: number[]) => boolean, template: string[]];

type Step = ForwardStep | SeedStep | EdgeStep;

interface ForwardStep {
  kind: "forward";
  node: number;
}

interface SeedStep {
  kind: "seed";
  node: number;
  target: number;
  before: number;
  after: number;
}

/** `node` adds its gradient (`adjoint`) × partial to the gradient of its operand k, which is `target`. */
interface EdgeStep {
  kind: "edge";
  node: number;
  k: number;
  target: number;
  adjoint: number;
  partial: number;
  product: number;
  before: number;
  after: number;
}

/** A backward pass in another order, from other gradients, or with = in place of +=. */
interface BackwardPass {
  order?: number[];
  before?: number[];
  overwrites?: boolean;
}

/** What an address names. */
interface Place {
  step: number;
  frame: number;
  tool: string;
  views: string[];
}

/** What a pane shows: a drawing with parts for nodes. */
interface Sheet {
  svg: SVGSVGElement;
  size: ViewBox; // the whole
  view: ViewBox; // what is shown of it
  marked: Element[];
  parts: Element[]; // what a map of it shows
  group(node: number): Element | undefined;
  bounds(part: Element): Box;
  readable: number; // the smallest scale at which it can be read
}

type Zoom = number | "fit" | "auto";
type ViewBox = [x: number, y: number, width: number, height: number];

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  isTurned?: boolean; // whether it is in a row that is read from right to left
}

interface Bounds {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Chart {
  height: number;
  title: string;
  levels: [y: number, text: string][];
  ticks: [x: number, text: string][];
  lines: { name: string; points: [x: number, y: number][] }[];
}
