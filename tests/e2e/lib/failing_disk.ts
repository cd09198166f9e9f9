// A disk, as one process sees it, that fails on demand: tests/fault/failing_disk.cpp under the binary.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants } from 'node:os';

import { PROJECT_ROOT, type Environment } from './process.ts';

export type Fault = {
  call: 'pwrite' | 'sync' | 'open' | 'accept';
  error: 'ENOSPC' | 'EIO' | 'EROFS' | 'EMFILE';
  on: string; // a part of the path; of a socket "socket:"
};

export class FailingDisk {
  readonly environment: Environment;
  private readonly plan: string;

  /** Compiles the library into `dir`. */
  constructor(dir: string) {
    const library = join(dir, 'failing_disk.so');
    this.plan = join(dir, 'faults');
    this.clear();
    execFileSync('g++', ['-shared', '-fPIC', '-O1', '-std=c++20', '-o', library, join(PROJECT_ROOT, 'tests/fault/failing_disk.cpp')]);
    this.environment = { LD_PRELOAD: library, FAILING_DISK: this.plan };
  }

  fail(...faults: Fault[]): void {
    const numbers = { ...constants.errno, EROFS: 30 } as Record<string, number>;
    writeFileSync(this.plan, faults.map(({ call, error, on }) => `${call} ${numbers[error]} ${on}\n`).join(''));
  }

  clear(): void {
    this.fail();
  }
}
