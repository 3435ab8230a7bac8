export { type GuardToolsOptions, guardTools } from '../tools/index.ts';
export { type FusedStep, type FuseStepOptions, fuseStep } from './fuse-step.ts';
export { stopOnPause } from './stop-on-pause.ts';
