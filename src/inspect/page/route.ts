import { signal } from '@preact/signals';

const views = ['board', 'runs', 'chart', 'sequence'] as const;
export type View = (typeof views)[number];

/** The page's current view. It is kept in the fragment of the address, after the token, so that it survives a reload. */
interface Route {
  readonly view: View;
  /** The shown actor. */
  readonly actor: string | null;
}

const fragment = (): [token: string, parameters: URLSearchParams] => {
  const [token = '', ...rest] = location.hash.slice(1).split('&');
  return [token, new URLSearchParams(rest.join('&'))];
};

/** The key in the address; empty if it is missing or malformed. */
export const tokenInAddress = (): string => /^[\w-]+$/.exec(fragment()[0])?.[0] ?? '';

function read(): Route {
  const [, parameters] = fragment();
  const view = views.find((each) => each === parameters.get('view')) ?? 'board';
  return { view, actor: parameters.get('actor') };
}

export const route = signal<Route>(read());
addEventListener('popstate', () => {
  route.value = read();
});

/** Navigates to a view, unless it is the current one. */
export function go(to: Partial<Route>): void {
  const next = { ...route.value, ...to };
  const parameters = new URLSearchParams({
    view: next.view,
    ...(next.actor !== null && { actor: next.actor }),
  });
  const address = `#${tokenInAddress()}&${parameters}`;
  if (address !== location.hash) history.pushState(null, '', address);
  // On a phone the page scrolls as a whole, and another view begins at its top.
  if (next.view !== route.value.view || next.actor !== route.value.actor) scrollTo(0, 0);
  route.value = next;
}
