import { expect, it } from 'vitest';
import { AbsentTools } from '../../../src/proxy/absent-tools.ts';

it('tells once of each tool with settings that the server does not have, and of no pattern', () => {
  const told: string[] = [];
  const absent = new AbsentTools(['search', 'serach', 'read_*'], (what) => told.push(what));
  absent.compare(new Set(['search']));
  absent.compare(new Set(['search', 'fetch']));
  expect(told).toEqual(['there are settings for a tool "serach", which the server does not have']);
  absent.compare(new Set(['fetch']));
  expect(told.slice(1)).toEqual(['there are settings for a tool "search", which the server does not have']);
});
