// Fetches the page anew and shows what came.
import { arrange } from './arrange.ts';
import { tellStatus } from './frame.ts';
import { tellNews } from './news.ts';
import { setOnline } from './online.ts';
import { isInUse } from './receipt.ts';

export const page = (): HTMLElement => document.getElementById('page')!;
export const path = (): string => page().dataset['path']!;
export const version = (): number => Number(page().dataset['version']);

/** Of a step: a page came; it was refused, as it would be again; or nobody answered for sure. */
export type Came = 'page' | 'refused' | 'unheard';

const ANSWER_MS = 20_000;

let steps = 0; // of the payer, under way: a press or a link
let missed = 0; // the newest version that was told meanwhile

/** Shows this page as the server renders it now. A step of the payer's goes first: it brings the page. */
export async function refresh(told = Infinity): Promise<void> {
  if (steps > 0) missed = Math.max(missed, told === Infinity ? 0 : told);
  else await load(location.href, {}, false);
}

/** Follows a link of this page, or sends one of its forms, and shows what comes of it. */
export async function step(url: string, options: RequestInit = {}): Promise<Came> {
  ++steps;
  const { came, there } = await load(url, options, true);
  --steps;
  if (there && options.method) history.replaceState(null, '', there);
  else if (there) history.pushState(null, '', there);
  if (missed > version() || came === 'refused') await load(location.href, {}, false);
  missed = 0;
  return came;
}

/** `there`: where the page that is shown now came from. */
async function load(url: string, options: RequestInit, isStep: boolean): Promise<{ came: Came; there?: string }> {
  let answer: Response;
  let text: string;
  try {
    // An old browser waits for as long as its system does.
    const signal = AbortSignal.timeout?.(ANSWER_MS);
    answer = await fetch(url, { ...options, signal, headers: { accept: 'text/html' }, cache: 'no-store' });
    text = await answer.text();
  } catch {
    setOnline(false);
    return { came: 'unheard' };
  }
  setOnline(answer.status < 500);
  if (!answer.ok) return { came: answer.status >= 500 || [408, 429].includes(answer.status) ? 'unheard' : 'refused' };
  if (steps > 0 && !isStep) return { came: 'unheard' }; // overtaken by a step of the payer's
  show(text);
  return { came: 'page', there: answer.url };
}

function show(text: string): void {
  const next = new DOMParser().parseFromString(text, 'text/html');
  const now = page();
  const main = next.querySelector('main');
  if (!main || Number(main.dataset['version']) < version()) return;
  const changed = title(main) !== title(now);
  const question = now.querySelector('dialog[open]') as HTMLDialogElement | null;
  if (question && !changed) {
    // The payer is about to answer: whatever else is new can wait for that.
    question.onclose = () => void refresh();
    return;
  }
  const doing = whatIsDone(now);
  main.id = 'page';
  keepReceipt(now, main);
  now.replaceWith(main);
  document.title = next.title;
  arrange();
  tellStatus(main.dataset['status']!);
  if (changed) {
    tellNews(title(main));
    main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    scrollTo(0, 0);
    return;
  }
  const sent = textOf(main, '.sent');
  if (sent && sent !== doing.sent) tellNews(sent);
  goOn(main, doing);
}

const textOf = (main: Element, selector: string): string => main.querySelector(selector)?.textContent ?? '';
const title = (main: Element): string => textOf(main, 'h1');

type Doing = { at?: string; typed?: string; sent: string };

/** Where the focus is, what was typed: by name, since what comes next are other elements. */
const nameOf = (element: Element): string =>
  `${element.tagName} ${element.id || (element.getAttribute('aria-label') ?? element.textContent)}`;

function whatIsDone(now: HTMLElement): Doing {
  const at = document.activeElement;
  const typed = now.querySelector<HTMLInputElement>('#search')?.value;
  return { ...(at && now.contains(at) ? { at: nameOf(at) } : {}), ...(typed ? { typed } : {}), sent: textOf(now, '.sent') };
}

function goOn(main: HTMLElement, doing: Doing): void {
  const search = main.querySelector<HTMLInputElement>('#search');
  if (search && doing.typed) {
    search.value = doing.typed;
    search.dispatchEvent(new Event('input'));
  }
  if (!doing.at) return;
  const same = [...main.querySelectorAll<HTMLElement>('a, button, input, .sent')].find((element) => nameOf(element) === doing.at);
  (same ?? main.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: true });
}

/** A file that was picked, or is under way, stays with its form. */
function keepReceipt(now: HTMLElement, main: HTMLElement): void {
  const form = now.querySelector<HTMLFormElement>('#receipt');
  if (form && isInUse(form)) main.querySelector('#receipt')?.replaceWith(form);
}
