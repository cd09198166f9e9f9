// Counts down what the server said is left. The payer's clock may be wrong; what passes on it isn't.
import { page, refresh } from './swap.ts';

const LATE_MS = 60_000;
const TICK_MS = 250;

let counted: Element | undefined;
let endsAt = 0;

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
    endsAt = Date.now() + (clock ? Number(clock.dataset['left']) : Number(back!.dataset['after']) * 1000);
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
  box.classList.toggle('late', leftMs < LATE_MS);
}

function showBack(line: HTMLElement, leftMs: number): void {
  const link = document.getElementById('back') as HTMLAnchorElement | null;
  if (!link) return;
  const seconds = Math.ceil(leftMs / 1000);
  const rule = new Intl.PluralRules(document.documentElement.lang).select(seconds);
  const form = line.dataset[rule] || line.dataset['other']!;
  const text = line.dataset['text']!.replace('{time}', form.replace('{n}', String(seconds)));
  if (line.textContent !== text) line.textContent = text;
  if (leftMs === 0 && !line.hasAttribute('data-gone')) {
    line.setAttribute('data-gone', '');
    link.click();
  }
}
