import { effect, signal } from '@preact/signals';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const key = 'toolfuse.theme';

/** Reads the stored theme; storage may be forbidden. */
function stored(): Theme {
  try {
    const name = localStorage.getItem(key);
    return themes.find((each) => each === name) ?? 'system';
  } catch {
    return 'system';
  }
}

export const theme = signal<Theme>(stored());

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem(key, theme.value);
  } catch {
    // The choice then lasts only until the page is closed.
  }
});

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system';
}
