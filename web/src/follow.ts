// Learns that the state has changed: from the stream of events, or by asking every few seconds
// where there is none.
import { setOnline } from './online.ts';
import { page, path, refresh, version } from './swap.ts';

const ASK_EVERY_MS = 5_000;
const STREAM_AGAIN_MS = 30_000;

let stream: EventSource | undefined;
let listening: ReturnType<typeof setTimeout> | undefined; // again, where the stream was refused
let asking: ReturnType<typeof setTimeout> | undefined;
let round = 0; // of asking: an answer of an earlier one goes on with nothing
let etag = '';

export function follow(): void {
  listen();
  addEventListener('online', () => void again());
  addEventListener('offline', () => setOnline(false));
}

const isOver = (): boolean => 'final' in page().dataset;

function listen(): void {
  hang();
  stream = new EventSource(`${path()}/events`);
  stream.addEventListener('open', () => {
    stopAsking();
    setOnline(true);
  });
  stream.addEventListener('state', (event) => void seen(JSON.parse(event.data as string)));
  // The browser connects again by itself, unless it was refused: then ask, and try again later.
  stream.addEventListener('error', () => {
    if (isOver()) return stop();
    startAsking();
    if (stream?.readyState !== EventSource.CLOSED) return;
    clearTimeout(listening);
    listening = setTimeout(listen, STREAM_AGAIN_MS);
  });
}

function hang(): void {
  clearTimeout(listening);
  stream?.close();
}

function stop(): void {
  hang();
  stopAsking();
}

async function seen(state: { version: number }): Promise<void> {
  if (state.version > version()) await refresh(state.version);
  if (isOver()) stop();
}

function startAsking(): void {
  asking ??= setTimeout(() => void ask(round), 0);
}
function stopAsking(): void {
  clearTimeout(asking);
  asking = undefined;
  ++round;
}

async function ask(mine: number): Promise<void> {
  const answer = await fetch(`${path()}/state`, {
    cache: 'no-store', headers: etag ? { 'if-none-match': etag } : {},
  }).catch(() => undefined);
  if (mine !== round) return;
  setOnline(answer !== undefined && answer.status < 500); // a proxy's word is not the server's
  if (answer?.status === 200) {
    etag = answer.headers.get('etag') ?? '';
    await seen((await answer.json()) as { version: number });
  }
  if (mine === round && !isOver()) asking = setTimeout(() => void ask(mine), ASK_EVERY_MS);
}

async function again(): Promise<void> {
  if (isOver()) return;
  await refresh();
  if (stream?.readyState !== EventSource.OPEN) listen();
}
