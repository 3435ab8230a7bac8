import { createToolRegistry } from 'toolfuse';
import { fuseStep, stopOnPause } from 'toolfuse/ai';
import { afterEach, describe, expect, it } from 'vitest';

const registry = createToolRegistry({ circuit: { failureThreshold: 1 }, recovery: { maxOpenCircuits: 2 } });
afterEach(() => registry.resetAll());

describe('a step of fuseStep', () => {
  it('has nothing set while nothing is wrong', async () => {
    expect(await fuseStep(registry, { tools: ['s'], hideOpen: true })({})).toEqual({});
  });

  it('has what the own prepareStep returns, and its choice of tools without the hidden ones', async () => {
    registry.recordFailure('gh.s', 'network');
    const step = fuseStep(registry, {
      tools: { s: {}, o: {}, p: {} },
      hideOpen: true,
      toolName: (name) => `gh.${name}`,
      prepareStep: async (step: { stepNumber: number }) => ({
        temperature: step.stepNumber,
        activeTools: ['s', 'o'],
      }),
    });
    expect(await step({ stepNumber: 1 })).toEqual({ temperature: 1, activeTools: ['o'] });
  });

  it('may call no tool while the registry is paused, whatever the own prepareStep chose', async () => {
    registry.recordFailure('s', 'network');
    registry.recordFailure('o', 'network');
    const step = fuseStep(registry, { prepareStep: () => ({ toolChoice: 'required' }) });
    expect(await step({})).toEqual({ toolChoice: 'none' });
    expect(stopOnPause(registry)()).toBe(true);
  });

  it('passes on the errors of the own prepareStep', async () => {
    const prepareStep = async () => {
      throw new Error('no step');
    };
    await expect(fuseStep(registry, { prepareStep })({})).rejects.toThrow('no step');
  });
});

describe('the options of the step helpers', () => {
  it.each([
    [
      () => fuseStep({} as never),
      'fuseStep: registry must be a registry made by createToolRegistry, got an object',
    ],
    [
      () => stopOnPause(undefined as never),
      'stopOnPause: registry must be a registry made by createToolRegistry, got undefined',
    ],
    [
      () => fuseStep(registry, { hideOpen: true }),
      'fuseStep.tools is missing; with hideOpen it must be a record of tools or an array of their names',
    ],
    [
      () => fuseStep(registry, { onPause: 'end' as never }),
      'fuseStep.onPause must be one of answer, ignore, got "end"',
    ],
    [() => fuseStep(registry, { hide: true } as never), /^fuseStep\.hide is not a setting/],
  ])('are refused where they are wrong', (make, message) => {
    expect(make).toThrow(message);
  });
});
