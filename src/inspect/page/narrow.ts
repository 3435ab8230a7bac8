import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 700px)');

/** Whether the window is as narrow as a phone's, so that rows become cards. */
export const isNarrow = signal(query.matches);
query.addEventListener('change', () => {
  isNarrow.value = query.matches;
});

/** The width of the window, in px. */
export const windowWidth = signal(innerWidth);
addEventListener('resize', () => {
  windowWidth.value = innerWidth;
});
