import { type Ink, type Painted, paintScene } from './paint';
import {
  BOX,
  boxAt,
  fitView,
  HEAD,
  keepInPlace,
  rectOf,
  type Scene,
  type View,
  zoomView,
} from './scene';
import { at } from './wire';

export interface ViewEvents {
  onSelect: (place: number) => void;
  onToggle: (place: number) => void;
  onHover: (place: number) => void;
}

/** All of it, small: its size at most, and how many of it there is room for beside each other. */
const MINI = { width: 168, height: 168 };
const LEAST_MINI = 18;
const MINI_PAD = 6;
const LEAST_BESIDE = 5;
const PAN = 60;
const CLICK_PX = 4;
/** Names are hard to read below this. */
const LEAST_FIT = 0.6;

/** The picture of a scene on a canvas: what of it is seen, and what the pointer does to it. */
export class GraphView {
  private scene: Scene | undefined;
  private marks: Uint8Array | null = null;
  private view: View = { x: 0, y: 0, scale: 1 };
  private selected = -1;
  private hovered = -1;
  private width = 0;
  private height = 0;
  private frame = 0;
  private types: readonly string[] = [];
  private readonly observer: ResizeObserver;
  private isFitted = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly mini: HTMLCanvasElement,
    private readonly readInk: () => Ink,
    private readonly events: ViewEvents,
  ) {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
    canvas.addEventListener('pointerdown', (event) => this.drag(event));
    canvas.addEventListener('pointermove', (event) => this.hover(event));
    canvas.addEventListener('pointerleave', () => this.setHovered(-1));
    canvas.addEventListener('dblclick', (event) => this.toggleAt(event));
    canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    mini.addEventListener('pointerdown', (event) => this.dragMini(event));
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /**
   * Shows another scene. The box `anchor` of the last one, if it is in both, stands where it was;
   * without one all is fitted.
   */
  show(scene: Scene, marks: Uint8Array | null, types: readonly string[], anchor: number) {
    const last = this.scene;
    const before = last ? last.box.indexOf(anchor) : -1;
    const after = scene.box.indexOf(anchor);
    this.scene = scene;
    this.marks = marks;
    this.types = types;
    this.hovered = -1;
    if (last && before >= 0 && after >= 0) {
      const room = { width: this.width, height: this.height };
      this.view = keepInPlace(rectOf(last, before), rectOf(scene, after), this.view, room);
    } else if (after >= 0 && this.isFitted) this.bringInto(after);
    else this.fit();
    this.draw();
  }

  /** @param place Of the selected box, or -1. */
  select(place: number, { bring }: { bring: boolean }) {
    this.selected = place;
    if (bring && place >= 0) this.bringInto(place);
    this.draw();
  }

  fit() {
    if (!this.scene || !this.width) return;
    this.isFitted = true;
    const rect = { x: 0, y: 0, wide: this.scene.width, tall: this.scene.height };
    this.view = fitView(rect, { width: this.width, height: this.height });
    // A long graph is readable from its beginning, not as a thread.
    if (this.view.scale < LEAST_FIT) {
      const scale = Math.min(1, Math.max(LEAST_FIT, (this.width - 32) / rect.wide));
      if (rect.wide * scale <= this.width * 1.5) {
        this.view = { x: (this.width - rect.wide * scale) / 2, y: 16, scale };
      }
    }
    this.draw();
  }

  fitBox(place: number) {
    if (!this.scene || place < 0) return;
    this.view = fitView(rectOf(this.scene, place), { width: this.width, height: this.height });
    this.draw();
  }

  zoom(factor: number) {
    this.view = zoomView(this.view, factor, this.width / 2, this.height / 2);
    this.draw();
  }

  pan(across: number, down: number) {
    this.view = { ...this.view, x: this.view.x - across * PAN, y: this.view.y - down * PAN };
    this.draw();
  }

  /** Draws again, with the colours there are now. */
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  /** What is seen now, to draw it elsewhere. */
  seen(): Painted | undefined {
    if (!this.scene || !this.width || !this.height) return undefined;
    const { scene, view, width, height, selected, hovered, marks, types } = this;
    const ink = this.readInk();
    return { scene, view, width, height, ink, selected, hovered, marks, types };
  }

  private paint() {
    const canvas = this.canvas.getContext('2d');
    const seen = this.seen();
    if (!canvas || !seen) return;
    const dots = devicePixelRatio || 1;
    canvas.setTransform(dots, 0, 0, dots, 0, 0);
    paintScene(canvas, seen);
    this.paintMini(seen.scene, seen.ink);
  }

  /** All of the scene, small, with a frame around what is seen; nothing where all is. */
  private paintMini(scene: Scene, ink: Ink) {
    const { view, width, height } = this;
    const isWhole =
      view.x >= 0 &&
      view.y >= 0 &&
      scene.width * view.scale + view.x <= width &&
      scene.height * view.scale + view.y <= height;
    this.mini.hidden = isWhole;
    const canvas = this.mini.getContext('2d');
    if (isWhole || !canvas) return;
    const small = this.miniView(scene);
    this.sizeMini(scene, small.scale);
    const dots = devicePixelRatio || 1;
    canvas.setTransform(dots, 0, 0, dots, 0, 0);
    canvas.fillStyle = ink.page;
    canvas.fillRect(0, 0, this.mini.width, this.mini.height);
    for (let place = 0; place < scene.box.length; place++) {
      const isOpen = at(scene.kind, place) & BOX.open;
      canvas.fillStyle = isOpen ? ink.band : (ink.slots[at(scene.colour, place) - 1] ?? ink.muted);
      canvas.fillRect(
        at(scene.x, place) * small.scale + small.x,
        at(scene.y, place) * small.scale + small.y,
        Math.max(1, at(scene.wide, place) * small.scale),
        Math.max(1, at(scene.tall, place) * small.scale),
      );
    }
    const scale = small.scale / view.scale;
    canvas.strokeStyle = ink.accent;
    canvas.lineWidth = 1.5;
    canvas.strokeRect(
      small.x - view.x * scale,
      small.y - view.y * scale,
      width * scale,
      height * scale,
    );
  }

  /** As large as it can be; a narrow picture does not lose much of its width to it. */
  private miniView(scene: Scene): View {
    const scale = Math.min(
      Math.min(MINI.width, this.width / LEAST_BESIDE) / scene.width,
      Math.min(MINI.height, this.height / 3) / scene.height,
    );
    return {
      x: MINI_PAD + Math.max(0, LEAST_MINI - scene.width * scale) / 2,
      y: MINI_PAD + Math.max(0, LEAST_MINI - scene.height * scale) / 2,
      scale,
    };
  }

  private sizeMini(scene: Scene, scale: number) {
    const dots = devicePixelRatio || 1;
    const wide = Math.ceil(Math.max(LEAST_MINI, scene.width * scale)) + 2 * MINI_PAD;
    const tall = Math.ceil(Math.max(LEAST_MINI, scene.height * scale)) + 2 * MINI_PAD;
    if (this.mini.width === Math.round(wide * dots) && this.mini.height === Math.round(tall * dots))
      return;
    this.mini.width = Math.round(wide * dots);
    this.mini.height = Math.round(tall * dots);
    this.mini.style.width = `${wide}px`;
    this.mini.style.height = `${tall}px`;
  }

  private resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    const isFirst = !this.width;
    // A panel that opens beside it does not push what is in the middle out of sight.
    if (!isFirst) this.view = { ...this.view, x: this.view.x + (clientWidth - this.width) / 2 };
    this.width = clientWidth;
    this.height = clientHeight;
    const dots = devicePixelRatio || 1;
    this.canvas.width = Math.round(clientWidth * dots);
    this.canvas.height = Math.round(clientHeight * dots);
    if (isFirst) this.fit();
    this.draw();
  }

  /** Moves the picture as little as shows a box, close enough to read it. */
  private bringInto(place: number) {
    if (!this.scene) return;
    const rect = rectOf(this.scene, place);
    const room = { width: this.width, height: this.height };
    if (this.view.scale < 0.5) {
      const middle = { x: this.width / 2, y: this.height / 2 };
      this.view = {
        x: middle.x - (rect.x + rect.wide / 2) * 0.8,
        y: middle.y - (rect.y + HEAD) * 0.8,
        scale: 0.8,
      };
    } else this.view = keepInPlace(rect, rect, this.view, room);
  }

  private placeAt(event: MouseEvent): number {
    if (!this.scene) return -1;
    const { x, y, scale } = this.view;
    return boxAt(this.scene, (event.offsetX - x) / scale, (event.offsetY - y) / scale);
  }

  private isOnSign(event: MouseEvent, place: number): boolean {
    const { scene, view } = this;
    if (!scene || !(at(scene.kind, place) & BOX.openable)) return false;
    const x = (event.offsetX - view.x) / view.scale - at(scene.x, place);
    const y = (event.offsetY - view.y) / view.scale - at(scene.y, place);
    return x < 24 && y < HEAD + 8;
  }

  private drag(event: PointerEvent) {
    if (event.button) return;
    const start = { x: event.clientX, y: event.clientY, view: this.view };
    let isClick = true;
    const move = (now: PointerEvent) => {
      const [byX, byY] = [now.clientX - start.x, now.clientY - start.y];
      if (isClick && Math.hypot(byX, byY) < CLICK_PX) return;
      isClick = false;
      this.view = { ...start.view, x: start.view.x + byX, y: start.view.y + byY };
      this.draw();
    };
    const end = () => {
      this.canvas.removeEventListener('pointermove', move);
      if (isClick) this.click(event);
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener('pointermove', move);
    this.canvas.addEventListener('pointerup', end, { once: true });
  }

  private click(event: PointerEvent) {
    const place = this.placeAt(event);
    if (place >= 0 && this.isOnSign(event, place)) this.events.onToggle(place);
    else this.events.onSelect(place);
  }

  private toggleAt(event: MouseEvent) {
    const place = this.placeAt(event);
    if (place < 0 || this.isOnSign(event, place)) return;
    if (at(this.scene?.kind ?? [], place) & BOX.openable) this.events.onToggle(place);
  }

  private hover(event: PointerEvent) {
    if (event.buttons) return;
    this.setHovered(this.placeAt(event));
  }

  private setHovered(place: number) {
    if (place === this.hovered) return;
    this.hovered = place;
    this.events.onHover(place);
    this.draw();
  }

  private wheel(event: WheelEvent) {
    event.preventDefault();
    const speed = event.ctrlKey ? 0.01 : event.deltaMode ? 0.05 : 0.0016;
    this.view = zoomView(this.view, Math.exp(-event.deltaY * speed), event.offsetX, event.offsetY);
    this.draw();
  }

  private dragMini(event: PointerEvent) {
    const go = (now: PointerEvent) => {
      if (!this.scene) return;
      const small = this.miniView(this.scene);
      const x = (now.offsetX - small.x) / small.scale;
      const y = (now.offsetY - small.y) / small.scale;
      const { scale } = this.view;
      this.view = { x: this.width / 2 - x * scale, y: this.height / 2 - y * scale, scale };
      this.draw();
    };
    go(event);
    this.mini.setPointerCapture(event.pointerId);
    this.mini.addEventListener('pointermove', go);
    const end = () => this.mini.removeEventListener('pointermove', go);
    this.mini.addEventListener('pointerup', end, { once: true });
  }
}
