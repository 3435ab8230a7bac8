import type { InspectorAnswers } from './answer-inspectors.ts';
import type { Inspector } from './inspector.ts';

export { attachInspector } from './attach-inspector.ts';

const refuse = (): Promise<Inspector> =>
  Promise.reject(
    new Error(
      'the inspector is served by Node.js; in a browser, show the app at one with createWebSocketInspector of @statelyai/inspect',
    ),
  );

/** Always throws, because a browser cannot run the server. */
export const inspect = refuse;
/** Always throws, because a browser cannot run the server. */
export const serveInspector = refuse;

/** Always throws, because a browser cannot listen for inspectors. */
export const answerInspectors = (): InspectorAnswers => {
  throw new Error('inspectors of other processes are answered in Node.js only');
};
