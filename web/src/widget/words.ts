// The frame's own few words, in the languages of the payer's page.
export type Words = { title: string; close: string; tab: string; go: string };

const ALL: Record<string, Words> = {
  ru: { title: 'Оплата', close: 'Закрыть', tab: 'Страница оплаты откроется в новой вкладке.', go: 'Открыть страницу оплаты' },
  kk: { title: 'Төлем', close: 'Жабу', tab: 'Төлем беті жаңа қойындыда ашылады.', go: 'Төлем бетін ашу' },
  tg: { title: 'Пардохт', close: 'Пӯшидан', tab: 'Саҳифаи пардохт дар варақаи нав кушода мешавад.', go: 'Кушодани саҳифаи пардохт' },
  uz: { title: 'Toʻlov', close: 'Yopish', tab: 'Toʻlov sahifasi yangi varaqda ochiladi.', go: 'Toʻlov sahifasini ochish' },
  ky: { title: 'Төлөм', close: 'Жабуу', tab: 'Төлөм барагы жаңы өтмөктө ачылат.', go: 'Төлөм барагын ачуу' },
  az: { title: 'Ödəniş', close: 'Bağla', tab: 'Ödəniş səhifəsi yeni vərəqdə açılacaq.', go: 'Ödəniş səhifəsini aç' },
  en: { title: 'Payment', close: 'Close', tab: 'The payment page opens in a new tab.', go: 'Open the payment page' },
};

export const wordsOf = (language: string): Words => ALL[language.slice(0, 2).toLowerCase()] ?? ALL['en']!;
