import { KeyboardEvent, PointerEvent, useState } from 'react';
import { GridCell, boxOf, centre, hit } from './hit';
import { Layout, inPlot, xToTime } from './layout';
import { Grid } from './reduce';

export interface Point {
  x: number;
  y: number;
}

export interface Brush {
  from: number;
  to: number;
}

/** A shorter drag is a click. */
const DRAG = 4;

/**
 * Follows the pointer and the arrow keys. The place is kept in pixels, so
 * that the tooltip stays under the pointer while live data slides below it.
 */
export function usePointer(
  layout: Layout,
  grid: Grid,
  onZoom?: (from: number, to: number) => void,
  onPick?: () => void
) {
  const [point, setPoint] = useState<Point>();
  const [brush, setBrush] = useState<Brush>();
  const [keyboard, setKeyboard] = useState(false);

  const clear = () => {
    setPoint(undefined);
    setBrush(undefined);
    setKeyboard(false);
  };
  const bounded = (x: number) => Math.min(layout.plot.left + layout.plot.width, Math.max(layout.plot.left, x));

  const handlers = {
    onPointerDown(e: PointerEvent<HTMLElement>) {
      const at = place(e);
      if (e.button !== 0 || !inPlot(layout, at.x, at.y)) {
        return;
      }
      setPoint(at);
      if (onZoom) {
        e.currentTarget.setPointerCapture?.(e.pointerId);
        setBrush({ from: at.x, to: at.x });
      }
    },
    onPointerMove(e: PointerEvent<HTMLElement>) {
      const at = place(e);
      setKeyboard(false);
      if (brush) {
        setBrush({ ...brush, to: bounded(at.x) });
        setPoint({ x: bounded(at.x), y: at.y });
      } else {
        setPoint(inPlot(layout, at.x, at.y) ? at : undefined);
      }
    },
    onPointerUp() {
      if (brush && Math.abs(brush.to - brush.from) >= DRAG) {
        const [a, b] = [brush.from, brush.to].sort((p, q) => p - q).map((x) => Math.round(xToTime(layout, x)));
        onZoom?.(a, Math.max(b, a + 1));
        setPoint(undefined);
      } else if (brush) {
        onPick?.();
      }
      setBrush(undefined);
    },
    onPointerCancel: clear,
    onPointerLeave() {
      if (!brush) {
        clear();
      }
    },
    onBlur: clear,
    onKeyDown(e: KeyboardEvent) {
      if (e.key === 'Escape') {
        clear();
        return;
      }
      const from = point && hit(layout, grid, point.x, point.y);
      const next = step(grid, from, e.key, e.shiftKey ? 10 : 1);
      const box = next && boxOf(layout, grid, next);
      if (box) {
        e.preventDefault();
        setKeyboard(true);
        setPoint(centre(box));
      }
    },
  };
  return { handlers, point, brush: brush && Math.abs(brush.to - brush.from) >= DRAG ? brush : undefined, keyboard };
}

function place(e: PointerEvent<HTMLElement>): Point {
  const box = e.currentTarget.getBoundingClientRect();
  return { x: e.clientX - box.left, y: e.clientY - box.top };
}

/** The cell that an arrow key leads to; the first press enters at the newest column. */
export function step(grid: Grid, from: GridCell | undefined, key: string, by: number): GridCell | undefined {
  const way: Record<string, [number, number]> = {
    ArrowUp: [-by, 0],
    ArrowDown: [by, 0],
    ArrowLeft: [0, -by],
    ArrowRight: [0, by],
    Home: [0, -grid.columns],
    End: [0, grid.columns],
  };
  const move = way[key];
  if (!move || grid.rows === 0) {
    return undefined;
  }
  if (!from) {
    return { row: 0, column: grid.columns - 1 };
  }
  return { row: clamp(from.row + move[0], grid.rows), column: clamp(from.column + move[1], grid.columns) };
}

function clamp(i: number, n: number): number {
  return Math.min(n - 1, Math.max(0, i));
}
