/**
 * Waits for a promise, but at most this long.
 *
 * @returns whether it was fulfilled in time.
 * @throws what the promise is rejected with, if that is in time.
 */
export async function within(ms: number, settled: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([settled.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
