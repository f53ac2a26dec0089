// What the page shows, as it stands in its address: a link to it shows the same.

export interface Place {
  host?: string;
  run?: string;
  metric?: string;
  by?: string;
  /** Raw times: ms since the epoch, or relative like now-2m. */
  from?: string;
  to?: string;
  /** How often to refresh, "off", or unset: by the run's state. */
  live?: string;
  theme?: 'dark' | 'light';
  /** The page of who allocated, or of what other tools printed, in place of one metric over time. */
  view?: 'allocated' | 'imported' | 'time';
  /** Of those pages: only what was given on another node, and what they are narrowed to. */
  remote?: string;
  filter?: string;
  /** Of what other tools printed: what it is of, the file, the order, and the row that is drawn over time. */
  scope?: string;
  file?: string;
  sort?: string;
  figure?: string;
}

const KEYS = [
  'host',
  'run',
  'metric',
  'by',
  'from',
  'to',
  'live',
  'theme',
  'view',
  'remote',
  'filter',
  'scope',
  'file',
  'sort',
  'figure',
] as const;

const VIEWS: Array<Place['view']> = ['allocated', 'imported', 'time'];

export function readPlace(search: string): Place {
  const params = new URLSearchParams(search);
  const place: Place = {};
  for (const key of KEYS) {
    const value = params.get(key);
    if (value) {
      Object.assign(place, { [key]: value });
    }
  }
  if (place.theme !== 'dark' && place.theme !== 'light') {
    delete place.theme;
  }
  if (!VIEWS.includes(place.view)) {
    delete place.view;
  }
  if (!isTime(place.from) || !isTime(place.to)) {
    delete place.from;
    delete place.to;
  }
  if (place.live !== undefined && place.live !== 'off' && !/^\d+(s|m|h)$/.test(place.live)) {
    delete place.live;
  }
  return place;
}

export function writePlace(place: Place): string {
  const params = new URLSearchParams();
  for (const key of KEYS) {
    const value = place[key];
    if (value) {
      params.set(key, value);
    }
  }
  const text = params.toString();
  return text && '?' + text;
}

function isTime(text: string | undefined): boolean {
  return text !== undefined && /^(\d{1,16}|now([-+]\d+[smhdwMy])?(\/[smhdwMy])?)$/.test(text);
}
