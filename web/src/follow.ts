// Learns that the state has changed: from the stream of events, or by asking every few seconds
// where there is none.
import { setOnline } from './online.ts';
import { page, path, refresh, version } from './swap.ts';

const ASK_EVERY_MS = 5_000;
const STREAM_AGAIN_MS = 30_000;

let stream: EventSource | undefined;
let asking: ReturnType<typeof setTimeout> | undefined;
let etag = '';

export function follow(): void {
  listen();
  addEventListener('online', () => void again());
  addEventListener('offline', () => setOnline(false));
}

const isOver = (): boolean => 'final' in page().dataset;

function listen(): void {
  stream?.close();
  stream = new EventSource(`${path()}/events`);
  stream.addEventListener('open', () => {
    stopAsking();
    setOnline(true);
  });
  stream.addEventListener('state', (event) => void seen(JSON.parse(event.data as string)));
  // The browser connects again by itself, unless it was refused: then ask, and try again later.
  stream.addEventListener('error', () => {
    if (isOver()) return;
    startAsking();
    if (stream?.readyState === EventSource.CLOSED) setTimeout(listen, STREAM_AGAIN_MS);
  });
}

async function seen(state: { version: number }): Promise<void> {
  if (state.version > version()) await refresh(state.version);
  if (!isOver()) return;
  stream?.close();
  stopAsking();
}

function startAsking(): void {
  asking ??= setTimeout(() => void ask(), 0);
}
function stopAsking(): void {
  clearTimeout(asking);
  asking = undefined;
}

async function ask(): Promise<void> {
  const answer = await fetch(`${path()}/state`, {
    cache: 'no-store', headers: etag ? { 'if-none-match': etag } : {},
  }).catch(() => undefined);
  setOnline(answer !== undefined);
  if (answer?.status === 200) {
    etag = answer.headers.get('etag') ?? '';
    await seen((await answer.json()) as { version: number });
  }
  if (asking !== undefined && !isOver()) asking = setTimeout(() => void ask(), ASK_EVERY_MS);
}

async function again(): Promise<void> {
  if (isOver()) return;
  await refresh();
  if (stream?.readyState !== EventSource.OPEN) listen();
}
