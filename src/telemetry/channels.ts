import type { ErrorCategory } from '../../machines/categories.ts';
import type { ToolRegistryEmitted } from '../../machines/registry-events.ts';
import type { ToolRegistryRef } from '../../machines/tool-registry.ts';
import { eventTypes } from './event-types.ts';

/** The message that is published on the channel `toolfuse:call` for each ended call. */
export interface CallReport {
  /** The actor of the tool's registry, because a process may have several. */
  readonly registry: ToolRegistryRef;
  readonly tool: string;
  /** The target or tenant whose circuit it needed; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  /** Null for a success. */
  readonly category: ErrorCategory | null;
  /** Set if the tool answered with an error that counts neither for nor against it. */
  readonly answered?: true;
  /** How long the call took, in ms; null if it was not measured. */
  readonly durationMs: number | null;
  /** Whether the circuit had changed state during the call, so that the result did not move it. */
  readonly late: boolean;
  /** Whether the call was a probe of a half-open circuit. */
  readonly probe: boolean;
}

/** A channel of `node:diagnostics_channel`. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}
type ChannelOf = (name: string) => Channel;

/** Stands in where there are no channels, as in a browser. */
const silent: Channel = Object.freeze({ hasSubscribers: false, publish: () => {} });

function hostChannels(): ChannelOf {
  try {
    const { channel } = process.getBuiltinModule('node:diagnostics_channel');
    return channel;
  } catch {
    return () => silent;
  }
}

/**
 * Publishes on `node:diagnostics_channel`: each event of a registry on `toolfuse:` plus its type, and each ended call on
 * `toolfuse:call`. A channel without subscribers costs one property read.
 */
export class Channels {
  readonly call: Channel;
  readonly #events: ReadonlyMap<string, Channel>;

  constructor(channelOf: ChannelOf = hostChannels()) {
    this.call = channelOf('toolfuse:call');
    this.#events = new Map(eventTypes.map((type) => [type, channelOf(`toolfuse:${type}`)]));
  }

  publish(event: ToolRegistryEmitted): void {
    const channel = this.#events.get(event.type);
    if (channel?.hasSubscribers) channel.publish(event);
  }
}
