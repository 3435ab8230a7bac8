import { script } from './script.ts';

/** A member leaves. Keys: members. Arguments: member. Its votes and its calls are forgotten when their time is over. */
export const leave = script(
  'leave',
  `
redis.call('ZREM', KEYS[1], ARGV[1])
return { 'left' }
`,
);
