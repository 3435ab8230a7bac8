import { signal } from '@preact/signals';

const views = ['board', 'chart', 'sequence'] as const;
export type View = (typeof views)[number];

/** Where the page is: kept in the fragment of its address, after the token, so that a reload comes back to it. */
interface Route {
  readonly view: View;
  /** The actor that is looked at. */
  readonly actor: string | null;
}

const fragment = (): [token: string, parameters: URLSearchParams] => {
  const [token = '', ...rest] = location.hash.slice(1).split('&');
  return [token, new URLSearchParams(rest.join('&'))];
};

/** The key in the address; empty where there is none, or what no key can be. */
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

/** Goes somewhere, as far as it is another place. */
export function go(to: Partial<Route>): void {
  const next = { ...route.value, ...to };
  const parameters = new URLSearchParams({
    view: next.view,
    ...(next.actor !== null && { actor: next.actor }),
  });
  const address = `#${tokenInAddress()}&${parameters}`;
  if (address !== location.hash) history.pushState(null, '', address);
  route.value = next;
}
