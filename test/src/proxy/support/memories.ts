import type { Kept } from '../../../../src/proxy/memory/memory-file.ts';
import { ServerMemory } from '../../../../src/proxy/memory/server-memory.ts';

/** A memory without a disk. `kept` is what was written last. */
export function memoryWithoutDisk(secret = 's3cret-value') {
  const troubles: string[] = [];
  const disk: { kept: Kept | undefined; breaks: string | undefined } = { kept: undefined, breaks: undefined };
  const work = <Value>(value: Value): Value => {
    if (disk.breaks !== undefined) throw new Error(disk.breaks);
    return value;
  };
  /** The memory of a proxy that starts now. */
  const open = (): ServerMemory =>
    new ServerMemory({
      file: {
        load: () => work(disk.kept),
        save: (kept: Kept) => {
          disk.kept = work({ ...kept, answers: new Map(kept.answers) });
        },
      } as never,
      secrets: { areIn: (text) => text.includes(secret) },
      onTrouble: (what) => troubles.push(what),
    });
  return { open, disk, troubles };
}
