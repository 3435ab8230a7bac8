import { describeRows } from '../../frameworks/describe-rows.ts';
import { rows } from './fixtures/rows.ts';

describeRows('OpenAI Agents', {
  file: new URL('fixtures/rows.ts', import.meta.url),
  rows: Object.keys(rows),
  on: ['openai-agents'],
});
