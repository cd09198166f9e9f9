// Reads JSON text into the leaves that a signature covers (wire §3.1), numbers as they are written.
//
// JSON.parse can't serve: it rounds numbers, forgets how they were spelled (`1.0`, `1e+21`, `-0`), and
// takes the last of two equal names.

export type Leaf = { path: string[]; value: string | boolean | null };

/** Every scalar of the text with the keys on its way; empty objects and arrays have none. */
export function leavesOf(text: string): Leaf[] {
  const reader = new Reader(text);
  const leaves: Leaf[] = [];
  reader.value([], leaves);
  reader.end();
  return leaves;
}

/** JSON as programs in other languages read it: a name that stands twice in an object is an error. */
export function parseStrictly(text: string): unknown {
  const seen = new Set<string>();
  for (const { path } of leavesOf(text)) {
    const name = JSON.stringify(path);
    if (seen.has(name)) throw new Error(`${path.join('.')} stands twice in ${text.slice(0, 2000)}`);
    seen.add(name);
  }
  return JSON.parse(text);
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(path: string[], leaves: Leaf[]): void {
    this.space();
    const next = this.text[this.at];
    if (next === '{') return this.members(path, leaves);
    if (next === '[') return this.elements(path, leaves);
    if (next === '"') return void leaves.push({ path, value: this.string() });
    const word = this.match(/(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y);
    const value = word === 'true' ? true : word === 'false' ? false : word === 'null' ? null : word;
    leaves.push({ path, value });
  }

  end(): void {
    this.space();
    if (this.at !== this.text.length) throw new Error(`text after the value at ${this.at}`);
  }

  private members(path: string[], leaves: Leaf[]): void {
    this.list('}', () => {
      this.space();
      const key = this.string();
      this.space();
      this.match(/:/y);
      this.value([...path, key], leaves);
    });
  }

  private elements(path: string[], leaves: Leaf[]): void {
    let index = 0;
    this.list(']', () => this.value([...path, String(index++)], leaves));
  }

  private list(close: string, item: () => void): void {
    this.at++;
    this.space();
    if (this.text[this.at] === close) return void this.at++;
    for (;;) {
      item();
      this.space();
      if (this.match(/[,\]}]/y) !== ',') return;
    }
  }

  private string(): string {
    return JSON.parse(this.match(/"(?:[^"\\]|\\.)*"/y)) as string;
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) throw new Error(`not JSON at ${this.at}`);
    this.at += found[0].length;
    return found[0];
  }
}
