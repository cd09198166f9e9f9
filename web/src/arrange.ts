// Makes a `main` that the server has rendered ready for fingers: shows what only works with script.
export function arrange(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>('.copy, .search')) hidden.hidden = false;
  document.getElementById('search')?.addEventListener('input', search);
}

/** Letters alone, lower case, so that "alif" finds "Alif Bank" and "ё" finds "е". */
const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

function search(event: Event): void {
  const wanted = plain((event.target as HTMLInputElement).value);
  let found = false;
  for (const item of document.querySelectorAll<HTMLElement>('#banks > li[data-name]')) {
    item.hidden = !plain(item.dataset['name']!).includes(wanted);
    found ||= !item.hidden;
  }
  const line = document.getElementById('nothing')!;
  line.textContent = found ? '' : line.dataset['text']!;
}
