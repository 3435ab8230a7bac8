import { Timeline, type Tone } from '../../src/cli/demo/timeline.ts';

type Who = 'agent' | 'circuit' | 'registry' | 'server' | 'user' | 'without' | 'with';

const timeline = new Timeline(process.stdout);

/** Prints one line of the story: when, who, what. */
export const tell = (who: Who, what: string, tone?: Tone): void => timeline.tell(who, what, tone);

export const headline = (text: string): void => timeline.headline(text);
