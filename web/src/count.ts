// Counts down what the server said is left. The payer's clock may be wrong; what passes on it isn't.
import { tellNews } from './news.ts';
import { page, refresh } from './swap.ts';

const LATE_MS = 60_000;
const TICK_MS = 250;

let counted: Element | undefined;
let endsAt = 0;
let backAt = 0; // once a visit, however often the page is fetched anew

/** Starts with `main`, and goes on with whatever `main` there is. */
export function countDown(): void {
  setInterval(tick, TICK_MS);
  tick();
}

function tick(): void {
  const main = page();
  const clock = main.querySelector<HTMLElement>('time[data-left]');
  const back = main.querySelector<HTMLElement>('#soon');
  const element = clock ?? back;
  if (!element) return;
  if (element !== counted) {
    counted = element;
    backAt ||= back ? Date.now() + Number(back.dataset['after']) * 1000 : 0;
    endsAt = clock ? Date.now() + Number(clock.dataset['left']) : backAt;
  }
  const leftMs = Math.max(endsAt - Date.now(), 0);
  if (clock) showLeft(clock, leftMs);
  else showBack(back!, leftMs);
}

let asked = 0;

function showLeft(clock: HTMLElement, leftMs: number): void {
  const seconds = Math.floor(leftMs / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  if (clock.textContent === text) {
    // Time is over: the server will say what follows from it.
    if (leftMs === 0 && Date.now() - asked > 2000) {
      asked = Date.now();
      void refresh();
    }
    return;
  }
  clock.textContent = text;
  const box = clock.parentElement!;
  box.querySelector('progress')!.value = seconds;
  const wasLate = box.classList.contains('late');
  box.classList.toggle('late', leftMs <= LATE_MS);
  const said = box.querySelector<HTMLElement>('.hear')!;
  const words = counting(said, Math.max(Math.ceil(leftMs / 60_000), 1));
  if (said.textContent !== words) said.textContent = words;
  if (leftMs <= LATE_MS && !wasLate) tellNews(words); // the last minute is worth a word
}

/** What the server counts in this line, in the form that `n` asks for. */
function counting(line: HTMLElement, n: number): string {
  const rule = new Intl.PluralRules(document.documentElement.lang).select(n);
  const form = line.dataset[rule] || line.dataset['other']!;
  return line.dataset['text']!.replace('{time}', form.replace('{n}', String(n)));
}

function showBack(line: HTMLElement, leftMs: number): void {
  const link = document.getElementById('back') as HTMLAnchorElement | null;
  if (!link) return;
  const text = counting(line, Math.ceil(leftMs / 1000));
  if (line.textContent !== text) line.textContent = text;
  if (leftMs === 0 && !line.hasAttribute('data-gone')) {
    line.setAttribute('data-gone', '');
    // Whoever comes back has seen the shop, and stays.
    const stay = document.getElementById('stay') as HTMLAnchorElement | null;
    if (stay) history.replaceState(null, '', stay.href);
    link.click();
  }
}
