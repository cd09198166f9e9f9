// Fetches the page anew and shows what came.
import { arrange } from './arrange.ts';
import { tellStatus } from './frame.ts';
import { setOnline } from './online.ts';

export const page = (): HTMLElement => document.getElementById('page')!;
export const path = (): string => page().dataset['path']!;
export const version = (): number => Number(page().dataset['version']);

let steps = 0; // of the payer, under way: a press or a link
let missed = 0; // the newest version that was told meanwhile

/** Shows this page as the server renders it now. A step of the payer's goes first: it brings the page. */
export async function refresh(told = Infinity): Promise<void> {
  if (steps > 0) missed = Math.max(missed, told === Infinity ? 0 : told);
  else await load(location.href, {}, false);
}

/** Follows a link of this page, or sends one of its forms, and shows what comes of it. */
export async function step(url: string, options: RequestInit = {}): Promise<void> {
  ++steps;
  const there = await load(url, options, true);
  --steps;
  if (there && options.method) history.replaceState(null, '', there);
  else if (there) history.pushState(null, '', there);
  if (missed > version()) await load(location.href, {}, false);
  missed = 0;
}

/** Where the page that is shown now came from; nothing if none came. */
async function load(url: string, options: RequestInit, isStep: boolean): Promise<string | undefined> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, { ...options, cache: 'no-store' });
    text = await answer.text();
  } catch {
    setOnline(false);
    return undefined;
  }
  setOnline(true);
  if (!answer.ok) return undefined;
  if (steps > 0 && !isStep) return undefined; // overtaken by a step of the payer's
  show(text);
  return answer.url;
}

function show(text: string): void {
  const next = new DOMParser().parseFromString(text, 'text/html');
  const now = page();
  const main = next.querySelector('main');
  if (!main || Number(main.dataset['version']) < version()) return;
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
