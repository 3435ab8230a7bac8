import type { ErrorCategory } from '../../machines/categories.ts';
import type { ToolRegistryEmitted, ToolRegistryRef } from '../../machines/tool-registry.ts';
import { eventTypes } from './event-types.ts';

/** What is published of each call that ended, on the channel `toolfuse:call`. */
export interface CallReport {
  /** The registry actor of the tool: there may be several registries in a process. */
  readonly registry: ToolRegistryRef;
  readonly tool: string;
  /** Null for a success. */
  readonly category: ErrorCategory | null;
  /** Null where it was not measured. */
  readonly durationMs: number | null;
  /** Whether the circuit had moved on, so that the result moved nothing. */
  readonly late: boolean;
  readonly probe: boolean;
}

/** A channel of `node:diagnostics_channel`. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}
type ChannelOf = (name: string) => Channel;

/** Where there are no channels, as in a browser. */
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
 * The facts of all registries on `node:diagnostics_channel`: `toolfuse:` and the type of what the registry actor emits,
 * and `toolfuse:call`. A channel that nobody listens to costs the reading of one property.
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
