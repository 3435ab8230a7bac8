import type { ToolRegistryRef } from '../../../machines/tool-registry.ts';
import type { Channels } from '../../telemetry/channels.ts';
import type { CallStep } from './call-step.ts';

/** Publishes each ended call on the channel `toolfuse:call` of `node:diagnostics_channel`, while that has subscribers. */
export const publishCalls = ({ call: channel }: Channels, registry: ToolRegistryRef): CallStep => ({
  isActive: () => channel.hasSubscribers,
  ended({ tool, key }, { outcome, category, durationMs, late, probe, forgotten }) {
    if (outcome === 'abandoned' || forgotten) return;
    const isAnswered = outcome === 'answered';
    channel.publish({
      registry,
      tool,
      key,
      category,
      durationMs,
      late,
      probe,
      ...(isAnswered && { answered: true }),
    });
  },
});
