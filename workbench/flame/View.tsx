import { css, cx } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Icon } from '@grafana/ui';
import React, { KeyboardEvent, MouseEvent, PointerEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { css as cssColour } from '../../src/canvas/colour';
import { Legend } from './Legend';
import { Tooltip } from './Tooltip';
import { Colouring, makePalette } from './colour';
import { describe } from './describe';
import { draw } from './draw';
import { Layout, Placed, ROW, hit, layOut, placedOf, step } from './layout';
import { Flame, findPath, pathOf } from './model';

interface Props {
  flame: Flame;
  colouring: Colouring;
  width: number;
  theme: GrafanaTheme2;
}

interface Pointed {
  index: number;
  /** Where the tooltip stands, in the window. */
  x: number;
  y: number;
  keyboard: boolean;
}

/** Stacks under the node that was given; a click zooms. */
export function View({ flame, colouring, width, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  // A path of labels, not an index: a live picture is redrawn with other boxes.
  const [path, setPath] = useState<string[]>([]);
  const [pointed, setPointed] = useState<Pointed>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const zoomed = useMemo(() => findPath(flame.boxes, path), [flame, path]);
  const layout = useMemo(() => layOut(flame, zoomed, width), [flame, zoomed, width]);
  const palette = useMemo(
    () => makePalette(theme.isDark, colouring, flame.nodes),
    [theme.isDark, colouring, flame.nodes]
  );
  useLayoutEffect(() => {
    if (canvas.current) {
      draw(canvas.current, layout, palette, theme.typography.fontFamily, window.devicePixelRatio || 1);
    }
  }, [layout, palette, theme]);

  const zoom = (index: number) => {
    setPath(pathOf(flame.boxes, index).map((b) => b.label));
    setPointed(undefined);
  };
  const box = pointed && flame.boxes[pointed.index];
  const placed = box && placedOf(layout, box.index);
  const said = box && describe(flame, box, flame.boxes[zoomed]);
  return (
    <div>
      <Crumbs flame={flame} zoomed={zoomed} onZoom={zoom} theme={theme} />
      <div
        className={styles.picture}
        style={{ width, height: layout.height }}
        tabIndex={0}
        role="img"
        aria-label={`${flame.metric.title} by stack: ${flame.boxes.length} boxes. Arrow keys move from box to box, Enter zooms in, Escape out.`}
        data-testid="flame"
        data-boxes={flame.boxes.length}
        data-zoomed={flame.boxes[zoomed].label}
        {...handlers(layout, flame, zoomed, pointed, setPointed, zoom)}
      >
        <canvas ref={canvas} style={{ width, height: layout.height, display: 'block' }} data-testid="flame-canvas" />
        {placed && <i className={styles.box} style={outline(placed)} />}
        <span className={styles.spoken} aria-live="polite">
          {pointed?.keyboard && said && `${said.title}, ${said.value}, ${said.lines.join(', ')}`}
        </span>
      </div>
      <Legend flame={flame} palette={palette} theme={theme} />
      {said && box && pointed && placed && (
        <Tooltip description={said} swatch={cssColour(palette.of(box))} x={pointed.x} y={pointed.y} theme={theme} />
      )}
    </div>
  );
}

function handlers(
  layout: Layout,
  flame: Flame,
  zoomed: number,
  pointed: Pointed | undefined,
  setPointed: (p: Pointed | undefined) => void,
  zoom: (index: number) => void
) {
  const under = (e: MouseEvent<HTMLElement>) => {
    const { left, top } = e.currentTarget.getBoundingClientRect();
    return hit(layout, e.clientX - left, e.clientY - top);
  };
  return {
    onPointerMove(e: PointerEvent<HTMLElement>) {
      const found = under(e);
      setPointed(found && { index: found.box.index, x: e.clientX, y: e.clientY, keyboard: false });
    },
    onPointerLeave: () => setPointed(undefined),
    onBlur: () => setPointed(undefined),
    onClick(e: MouseEvent<HTMLElement>) {
      const found = under(e);
      if (found) {
        zoom(found.box.index);
      }
    },
    onKeyDown(e: KeyboardEvent<HTMLElement>) {
      if (e.key === 'Escape') {
        zoom(pointed || zoomed === 0 ? zoomed : flame.boxes[zoomed].parent);
      } else if ((e.key === 'Enter' || e.key === ' ') && pointed) {
        e.preventDefault();
        zoom(pointed.index);
      } else {
        const to = step(layout, flame.boxes, pointed?.index, e.key, zoomed);
        const placed = to === undefined ? undefined : placedOf(layout, to);
        if (placed) {
          e.preventDefault();
          const { left, top } = e.currentTarget.getBoundingClientRect();
          const x = left + placed.left + Math.min(placed.width / 2, 40);
          setPointed({ index: placed.box.index, x, y: top + placed.top + ROW, keyboard: true });
        }
      }
    },
  };
}

function outline({ left, width, top }: Placed) {
  return { left, top, width: Math.max(2, width - 1), height: ROW - 1 };
}

/** From the root to what is zoomed into; each leads back to itself. */
function Crumbs({
  flame,
  zoomed,
  onZoom,
  theme,
}: {
  flame: Flame;
  zoomed: number;
  onZoom: (index: number) => void;
  theme: GrafanaTheme2;
}) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  if (zoomed === 0) {
    return null;
  }
  return (
    <nav className={styles.crumbs} aria-label="Zoomed into" data-testid="flame-crumbs">
      {pathOf(flame.boxes, zoomed).map((box) => (
        <React.Fragment key={box.index}>
          {box.level > 0 && <Icon name="angle-right" size="sm" />}
          <button
            type="button"
            className={cx(styles.crumb, box.index === zoomed && styles.here)}
            aria-current={box.index === zoomed}
            title={box.label}
            onClick={() => onZoom(box.index)}
          >
            {box.label}
          </button>
        </React.Fragment>
      ))}
    </nav>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  picture: css({
    position: 'relative',
    cursor: 'pointer',
    userSelect: 'none',
    '&:focus': { outline: 'none' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 2 },
  }),
  box: css({
    position: 'absolute',
    pointerEvents: 'none',
    boxShadow: `0 0 0 1px ${theme.colors.background.primary}, 0 0 0 2px ${theme.colors.text.maxContrast}`,
  }),
  spoken: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }),
  crumbs: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: 2,
    marginBottom: theme.spacing(1),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  crumb: css({
    all: 'unset',
    maxWidth: 260,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'pointer',
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 1 },
  }),
  here: css({ color: theme.colors.text.primary, fontWeight: theme.typography.fontWeightMedium }),
});
