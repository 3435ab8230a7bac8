/** How long a test may wait for something before it counts as hung, in ms. No test is judged by its speed. */
export const hungMs = 300_000;
