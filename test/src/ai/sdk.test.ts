import { describeRows } from '../../frameworks/describe-rows.ts';
import { rows } from './fixtures/rows.ts';

describeRows('the AI SDK', {
  file: new URL('fixtures/rows.ts', import.meta.url),
  rows: Object.keys(rows),
  on: ['ai-5-lowest', 'ai-5', 'ai-6', 'ai-7'],
});
