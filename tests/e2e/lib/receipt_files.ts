// The sealed files of receipts where a store keeps them: a folder beside a SQLite file, a table in
// PostgreSQL. For tests that count them, or do to them what crashes and bad disks do.
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { PostgresServer } from './postgres.ts';

const ORPHAN = '01234567-89ab-4def-8123-456789abcdef';

export interface ReceiptFiles {
  /** The ids of all that are there. */
  ids(): string[];
  /** As if all were put there long ago: whatever has no row now never gets one. */
  growOld(): void;
  /** A file without a row, as a crash leaves it; answers its id. */
  addOrphan(): string;
  /** As if it were lost; what is answered puts it back. */
  hide(id: string): () => void;
}

export class ReceiptFolder implements ReceiptFiles {
  private readonly folder: string;

  constructor(store: string) {
    this.folder = `${store}.receipts`;
  }

  ids(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder).filter((name) => name.endsWith('.sealed')).map((name) => name.slice(0, -7));
  }

  growOld(): void {} // one process owns them: what has no row when it starts never gets one

  addOrphan(): string {
    writeFileSync(this.pathOf(ORPHAN), 'written, and the process died before its row was');
    return ORPHAN;
  }

  hide(id: string): () => void {
    renameSync(this.pathOf(id), `${this.pathOf(id)}.away`);
    return () => renameSync(`${this.pathOf(id)}.away`, this.pathOf(id));
  }

  private pathOf(id: string): string {
    return join(this.folder, `${id}.sealed`);
  }
}

export class ReceiptTable implements ReceiptFiles {
  private readonly server: PostgresServer;
  private readonly url: string;

  constructor(server: PostgresServer, url: string) {
    this.server = server;
    this.url = url;
  }

  ids(): string[] {
    return this.ask("SELECT DISTINCT encode(file, 'hex')::uuid FROM receipt_chunks").split('\n').filter((id) => id !== '');
  }

  growOld(): void {
    this.ask("UPDATE receipt_chunks SET stored_at = stored_at - interval '1 day'");
  }

  addOrphan(): string {
    this.ask(`INSERT INTO receipt_chunks (file, number, bytes) VALUES (uuid_send('${ORPHAN}'), 1, 'no row')`);
    return ORPHAN;
  }

  hide(id: string): () => void {
    const rename = (from: string, to: string) =>
      this.ask(`UPDATE receipt_chunks SET file = uuid_send('${to}') WHERE file = uuid_send('${from}')`);
    rename(id, ORPHAN);
    return () => rename(ORPHAN, id);
  }

  private ask(sql: string): string {
    return this.server.ask(this.url, sql);
  }
}
