import { css, cx } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { LoadingBar, useStyles2 } from '@grafana/ui';
import React from 'react';
import { useWidth } from './useSize';

interface Props {
  title: string;
  about?: string;
  /** Why the newest question has no answer, while an older one is shown. */
  problem?: string;
  /** Sentences that must be read beside what is shown. */
  notices?: string[];
  actions?: React.ReactNode;
  /** Nothing was answered yet. */
  loading: boolean;
  /** What is shown answers an older question. */
  stale: boolean;
  testId: string;
  children: (width: number) => React.ReactNode;
}

/** A titled card around what an answer is made into. */
export function Card({ title, about, problem, notices = [], actions, loading, stale, testId, children }: Props) {
  const styles = useStyles2(getStyles);
  const [ref, width] = useWidth<HTMLDivElement>();
  return (
    <section className={styles.card} data-testid={testId}>
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        <span className={styles.about}>{about}</span>
        {problem && (
          <span className={styles.problem} role="status">
            {problem}
          </span>
        )}
        <span className={styles.actions}>{actions}</span>
      </header>
      {notices.map((text) => (
        <p key={text} className={styles.notice} role="note">
          {text}
        </p>
      ))}
      <div ref={ref} className={cx(styles.inside, stale && styles.stale)}>
        {loading && width > 0 && <LoadingBar width={width} />}
        {width > 0 && children(width)}
      </div>
    </section>
  );
}

/** The sentence that stands where there is nothing to draw. */
export function Nothing({ children }: { children: React.ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <p className={styles.nothing} role="status">
      {children}
    </p>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    minWidth: 0,
    padding: theme.spacing(1.5, 2),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5, 1),
    minHeight: 28,
    marginBottom: theme.spacing(0.5),
  }),
  title: css({ margin: 0, fontSize: theme.typography.h5.fontSize, fontWeight: theme.typography.fontWeightMedium }),
  about: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  problem: css({ color: theme.colors.warning.text, fontSize: theme.typography.bodySmall.fontSize }),
  notice: css({ margin: theme.spacing(0, 0, 0.5), color: theme.colors.warning.text, fontSize: 11 }),
  actions: css({ marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  inside: css({ minHeight: 48 }),
  stale: css({ opacity: 0.45, transition: 'opacity 150ms 150ms' }),
  nothing: css({
    margin: theme.spacing(2, 'auto'),
    maxWidth: 560,
    textAlign: 'center',
    textWrap: 'balance',
    color: theme.colors.text.secondary,
  }),
});
