import type { ToolRegistryRef } from '../../../machines/tool-registry.ts';
import type { Channels } from '../../telemetry/channels.ts';
import type { RecentErrors } from '../../telemetry/recent-errors.ts';
import type { LoopGuard } from '../loops/guard-loops.ts';
import type { CallStep } from './call-step.ts';
import { keepRecentErrors } from './keep-recent-errors.ts';
import { publishCalls } from './publish-calls.ts';

/** The parts that a registry's own steps work with. */
export interface OwnStepsOptions {
  readonly registry: ToolRegistryRef;
  readonly channels: Channels;
  readonly recentErrors: RecentErrors;
  readonly loops: LoopGuard;
}

/** The steps that every registry has, in the order in which calls pass through them. */
export const ownSteps = ({
  registry,
  channels,
  recentErrors,
  loops,
}: OwnStepsOptions): readonly CallStep[] => [
  loops,
  keepRecentErrors(recentErrors),
  publishCalls(channels, registry),
];
