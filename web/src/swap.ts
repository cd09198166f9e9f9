// Fetches the page anew and shows what came.
import { arrange } from './arrange.ts';
import { tellStatus } from './frame.ts';
import { setOnline } from './online.ts';

export const page = (): HTMLElement => document.getElementById('page')!;
export const path = (): string => page().dataset['path']!;
export const version = (): number => Number(page().dataset['version']);

let latest = 0; // of two fetches under way, the later one counts

/** Shows this page as the server renders it now. True if it could be reached. */
export async function refresh(): Promise<boolean> {
  return go(location.href, {}, false);
}

/** Fetches a link of this page, or sends one of its forms, and shows the answer. */
export async function go(url: string, options: RequestInit, isStep: boolean): Promise<boolean> {
  const mine = ++latest;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, { ...options, cache: 'no-store' });
    text = await answer.text();
  } catch {
    setOnline(false);
    return false;
  }
  setOnline(true);
  if (mine !== latest || answer.status >= 500 || answer.status === 429) return false;
  show(text);
  if (isStep) history.pushState(null, '', answer.url);
  else if (options.method) history.replaceState(null, '', answer.url);
  return true;
}

function show(text: string): void {
  const next = new DOMParser().parseFromString(text, 'text/html');
  const now = page();
  const main = next.querySelector('main');
  if (!main) return;
  const changed = title(main) !== title(now);
  // The payer is about to answer a question, types, or has picked a file: the same state stays as it is.
  const same = main.dataset['version'] === now.dataset['version'] && !changed;
  if (same && now.querySelector('dialog[open], #file, #search')) return;
  main.id = 'page';
  now.replaceWith(main);
  document.title = next.title;
  arrange();
  tellStatus(main.dataset['status']!);
  if (!changed) return;
  document.getElementById('news')!.textContent = title(main);
  main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

const title = (main: Element): string => main.querySelector('h1')?.textContent ?? '';
