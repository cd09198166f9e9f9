// What has changed, for who can't see it; and, for a moment, for who can.
const SHOWN_MS = 6_000;

let shown: ReturnType<typeof setTimeout> | undefined;

export function tellNews(text: string): void {
  document.getElementById('news')!.textContent = text;
}

export function showNews(text: string): void {
  const line = document.getElementById('news')!;
  line.textContent = text;
  line.classList.add('seen');
  clearTimeout(shown);
  shown = setTimeout(() => {
    line.classList.remove('seen');
    line.textContent = '';
  }, SHOWN_MS);
}
