import assert from 'node:assert/strict';
import { createToolRegistry } from 'toolfuse';
import { TestClock } from 'toolfuse/testing';
import type { Rows } from '../rows.ts';
import type { Recipe, Search } from './recipe.ts';

const dead: Search = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:9'));

/** What every recipe has to hold. */
export const rows: Rows<Recipe> = {
  async 'a dead tool: the model reads its errors, then refusals, and the tool is not called again'({ run }) {
    const registry = createToolRegistry({ circuit: { failureThreshold: 3 } });
    let ran = 0;
    const search: Search = (query) => {
      ran += 1;
      return dead(query);
    };
    const { read, answer } = await run({ registry, search, calls: 5 });
    assert.equal(ran, 3);
    assert.equal(read.length, 5);
    for (const text of read.slice(0, 3)) assert.match(text, /connect ECONNREFUSED 127\.0\.0\.1:9/);
    for (const text of read.slice(3))
      assert.match(text, /The call did not run\. The tool \\?"search\\?" is unavailable/);
    for (const text of read) assert.doesNotMatch(text, /please try again|fix your mistakes/i);
    assert.equal(answer, 'done');
    assert.equal(registry.state('search'), 'open');
    registry.stop();
  },

  async 'a tool that works again: its answer reaches the model, and the circuit closes'({ run }) {
    const clock = new TestClock();
    const registry = createToolRegistry({ circuit: { failureThreshold: 1, minBackoffMs: 5_000 }, clock });
    registry.recordFailure('search', 'network');
    clock.advance(5_000);
    const { read, answer } = await run({ registry, search: async (query) => `found ${query}`, calls: 1 });
    assert.match(read.join(), /found statecharts/);
    assert.equal(answer, 'done');
    assert.equal(registry.state('search'), 'closed');
    assert.equal(registry.metrics().successes, 1);
    registry.stop();
  },

  async 'a person who aborts: the call ends at once, and is no failure'({ run }) {
    const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
    const controller = new AbortController();
    let ran = 0;
    // A tool that is not told of it does not even end.
    const search: Search = (_, signal) => {
      ran += 1;
      setImmediate(() => controller.abort());
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    };
    await run({ registry, search, calls: 3, signal: controller.signal });
    assert.equal(ran, 1);
    assert.deepEqual(registry.metrics().failures, { cancelled: 1 });
    assert.equal(registry.state('search'), 'closed');
    registry.stop();
  },

  async 'a pause: the run ends with its reason, before the model is asked again'({ run }) {
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1 },
      recovery: { maxOpenCircuits: 1 },
    });
    const { turns, answer } = await run({ registry, search: dead, calls: 3 });
    assert.equal(turns, 1);
    assert.equal(answer, registry.recovery().reason);
    registry.stop();
  },
};
