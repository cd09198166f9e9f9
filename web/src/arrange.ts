import { showClose } from './frame.ts';

// Makes a `main` that the server has rendered ready for fingers: shows what only works with script.
export function arrange(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>('.copy, .search, #receipt')) hidden.hidden = false;
  document.getElementById('receipt')?.classList.add('live');
  showClose();
  document.getElementById('search')?.addEventListener('input', search);
}

const CYRILLIC: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', ғ: 'g', д: 'd', е: 'e', ж: 'zh', з: 'z', и: 'i', к: 'k', қ: 'k', л: 'l',
  м: 'm', н: 'n', ң: 'n', о: 'o', ө: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ұ: 'u', ү: 'u', ф: 'f',
  х: 'h', ҳ: 'h', һ: 'h', ц: 'ts', ч: 'ch', ҷ: 'j', ш: 'sh', щ: 'sh', ъ: '', ы: 'y', ь: '', э: 'e', ә: 'a',
  ю: 'yu', я: 'ya', і: 'i',
};
/** Of names in two scripts, what is written more ways than one. */
const SAME: [RegExp, string][] = [[/kh/g, 'h'], [/[ckq]+/g, 'k'], [/[yj]/g, 'i'], [/w/g, 'v'], [/(.)\1/g, '$1']];

/** Letters alone, lower case, in Latin: "alif" finds "Alif Bank", "каспи" finds "Kaspi Bank", "халык"
    "Halyk Bank". */
function plain(text: string): string {
  const latin = [...text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()]
    .map((letter) => CYRILLIC[letter] ?? letter).join('').replace(/[^\p{L}\p{N}]/gu, '');
  return SAME.reduce((name, [written, one]) => name.replace(written, one), latin);
}

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
