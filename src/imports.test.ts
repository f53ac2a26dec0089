import fs from 'node:fs';
import path from 'node:path';

// Views are drawn by Grafana and by the workbench; only what adapts them to
// Grafana may know its runtime. Panels stand alone.

const src = __dirname;
const files = (fs.readdirSync(src, { recursive: true }) as string[]).filter(
  (f) => /\.tsx?$/.test(f) && !/\.test\.tsx?$/.test(f)
);

function importsOf(file: string): string[] {
  const text = fs.readFileSync(path.join(src, file), 'utf8');
  return Array.from(text.matchAll(/(?:from|import|require\()\s*'([^']+)'/g), (m) => m[1]);
}

/** Relative imports as paths from src. */
function local(file: string): string[] {
  return importsOf(file)
    .filter((i) => i.startsWith('.'))
    .map((i) => path.normalize(path.join(path.dirname(file), i)));
}

test('there are files to look at', () => {
  expect(files).toContain('panels/heatmap/View.tsx');
});

test('only Panel.tsx, modules and the data source import @grafana/runtime', () => {
  const users = files.filter((f) => importsOf(f).some((i) => i.startsWith('@grafana/runtime')));
  expect(users.filter((f) => !/^datasource\/|(^|\/)Panel\.tsx$|(^|\/)module\.tsx?$/.test(f))).toEqual([]);
});

test('a View does not reach the runtime by way of another file', () => {
  const reach = (file: string, seen = new Set<string>()): Set<string> => {
    if (!seen.has(file)) {
      seen.add(file);
      for (const i of local(file)) {
        const found = [`${i}.ts`, `${i}.tsx`].find((f) => files.includes(f));
        if (found) {
          reach(found, seen);
        }
      }
    }
    return seen;
  };
  for (const view of files.filter((f) => /^panels\/[^/]+\/View\.tsx$/.test(f))) {
    const behind = [...reach(view)].filter((f) => importsOf(f).some((i) => i.startsWith('@grafana/runtime')));
    expect(behind).toEqual([]);
  }
});

test('panels do not import each other, and canvas imports no panel', () => {
  for (const file of files) {
    const panel = /^panels\/([^/]+)\//.exec(file)?.[1];
    for (const i of local(file)) {
      const other = /^panels\/([^/]+)/.exec(i)?.[1];
      if (other && (panel ? other !== panel : file.startsWith('canvas/'))) {
        throw new Error(`${file} imports ${i}`);
      }
    }
  }
});

test('nothing in src imports the workbench', () => {
  expect(files.filter((f) => local(f).some((i) => i.startsWith('..')))).toEqual([]);
});
