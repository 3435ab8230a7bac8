import { version } from '../../package.json';
import { UsageError } from '../proxy/options/usage-error.ts';

/** A command of `toolfuse`. */
export interface Command {
  /** What it does, for the list of commands. */
  readonly about: string;
  readonly load: () => Promise<{ readonly main: (args: readonly string[]) => unknown }>;
}

const list = (commands: Readonly<Record<string, Command>>): string =>
  Object.entries(commands)
    .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
    .join('\n');

const help = (commands: Readonly<Record<string, Command>>): string => `toolfuse ${version}
Circuit breakers for the tools of an AI agent.

Usage: toolfuse COMMAND [options]

${list(commands)}

toolfuse COMMAND --help shows the options of a command.`;

/** Runs the command that was typed. A `UsageError` is printed without its stack, and sets the exit code to 2. */
export async function run(
  commands: Readonly<Record<string, Command>>,
  args: readonly string[],
): Promise<void> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') return console.log(version);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(help(commands));
    return;
  }
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) {
      throw new UsageError(
        `there is no command ${name}; the commands are ${Object.keys(commands).join(', ')}`,
      );
    }
    await (await command.load()).main(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`toolfuse: ${error.message}`);
    process.exitCode = 2;
  }
}
