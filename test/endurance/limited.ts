import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceProcess } from '../support/service-process.ts';

/** How a process is kept from writing. */
export interface Limited {
  /** the command that runs the service, with the limit before it */
  readonly wrap: (command: readonly string[]) => readonly string[];
  /** Takes the limit away while the service runs. */
  readonly lift: (service: ServiceProcess) => void;
}

/** No file may become larger than so many bytes: the limit of the operating system (setrlimit), met by every write beyond. */
export const fileSizeLimit = (bytes: number): Limited => ({
  wrap: (command) => ['bash', '-c', `ulimit -S -f ${Math.ceil(bytes / 1024)}; exec "$@"`, '-', ...command],
  lift: ({ child }) => void execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']),
});

/** A disk in memory, which something else fills up to a last megabyte. It wants Linux with user namespaces. */
export const smallDisk = (folder: string): Limited => ({
  wrap: (command) => [
    'unshare',
    '-Urm',
    'bash',
    '-c',
    `mount -t tmpfs -o size=32m disk ${folder} && head -c 31M /dev/zero > ${folder}/other; exec "$@"`,
    '-',
    ...command,
  ],
  lift: ({ child }) => rmSync(join(`/proc/${child.pid}/root`, folder, 'other')),
});
