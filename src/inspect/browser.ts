import type { Inspector } from './inspector.ts';

export { attachInspector } from './attach-inspector.ts';

const refuse = (): Promise<Inspector> =>
  Promise.reject(
    new Error(
      'the inspector is served by Node.js; in a browser, show the app at one with createWebSocketInspector of @statelyai/inspect',
    ),
  );

/** There is no server in a browser. */
export const inspect = refuse;
/** There is no server in a browser. */
export const serveInspector = refuse;
