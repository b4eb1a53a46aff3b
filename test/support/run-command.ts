import type { Command } from '../../src/cli/command.ts';

/** Runs a command. @returns its exit code and what it printed */
export async function runCommand(
  command: Command,
  args: readonly string[],
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly text: string }> {
  const lines: string[] = [];
  const code = await command.run(args, (line) => lines.push(...line.split('\n')));
  return { code, lines, text: lines.join('\n') };
}
