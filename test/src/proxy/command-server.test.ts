import { expect, it } from 'vitest';
import { CommandServer } from '../../../src/proxy/command-server.ts';

it('that ends is heard out, however slowly its client reads', async () => {
  const lines: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  const program = `for (let line = 0; line < 5; line++) process.stdout.write('x'.repeat(30_000) + '\\n');`;
  const ended = new Promise<string>((resolve) => {
    const server = new CommandServer(
      { command: process.execPath, args: ['-e', program], maxMessageBytes: 1_000_000 },
      {
        onLine: ({ length }) => {
          lines.push(length);
          // As for a client that is behind with reading.
          server.pause();
          clearTimeout(timer);
          timer = setTimeout(() => server.resume(), 300);
        },
        onLongLine: () => {},
        together: (tellLines) => tellLines(),
        onDrain: () => {},
        onUndelivered: () => {},
        onEnd: ({ why }) => resolve(why),
      },
    );
  });
  expect(await ended).toBe('it exited with code 0');
  expect(lines).toEqual(Array.from({ length: 5 }, () => 30_001));
});
