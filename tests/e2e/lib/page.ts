// A payer's browser without scripts: reads the forms of a page and sends them.
import { request, type Answer } from './http.ts';

export type Form = { action: string; method: string; fields: Record<string, string>; words: string };

export async function open(url: string): Promise<{ answer: Answer; forms: Form[] }> {
  const answer = await request(url, { headers: { accept: 'text/html' } });
  return { answer, forms: formsOf(answer.text) };
}

export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, tag = '', inner = '']) => ({
    action: attribute(tag, 'action') ?? '',
    method: (attribute(tag, 'method') ?? 'get').toUpperCase(),
    fields: Object.fromEntries(
      [...inner.matchAll(/<(?:input|button)\b([^>]*)>/gi)]
        .map(([, field = '']) => [attribute(field, 'name'), attribute(field, 'value') ?? ''] as const)
        .filter((pair): pair is readonly [string, string] => pair[0] !== undefined),
    ),
    words: tag + inner,
  }));
}

/** The form whose address or button says one of these words. */
export function formThat(forms: Form[], says: RegExp): Form {
  const found = forms.find((form) => says.test(form.action)) ?? forms.find((form) => says.test(form.words));
  if (found === undefined) throw new Error(`no form says ${says}: ${JSON.stringify(forms)}`);
  return found;
}

/** Sends the form as a browser on `pageUrl` does. */
export async function submit(pageUrl: string, form: Form): Promise<Answer> {
  return await request(new URL(form.action, pageUrl).href, {
    method: form.method,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: new URL(pageUrl).origin,
      accept: 'text/html',
    },
    body: new URLSearchParams(form.fields).toString(),
  });
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  const text = found?.[1] ?? found?.[2] ?? found?.[3];
  return text?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
