// Hears the payer's page. Anybody may post to this window: only the page's own window, while it shows
// the page's own origin, is believed, and only it is answered.
import type { Options, Status } from './options.ts';

export type Heard = { ready?: () => void; close?: () => void };

/** Until the function that it gives is called. */
export function hear(url: URL, from: () => Window | null, options: Options, heard: Heard): () => void {
  let last: Status | undefined;
  const take = (event: MessageEvent): void => {
    const page = from();
    if (!page || event.source !== page || event.origin !== url.origin) return;
    const { kassa, status } = (event.data ?? {}) as { kassa?: string; status?: Status };
    if (kassa === 'ready') {
      page.postMessage({ kassa: 'hello' }, url.origin);
      heard.ready?.();
    }
    if (kassa === 'close') heard.close?.();
    if (kassa === 'status' && status && status !== last) {
      last = status;
      options.onStatus?.(status);
    }
  };
  addEventListener('message', take);
  return () => removeEventListener('message', take);
}
