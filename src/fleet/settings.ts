import type { FleetNews } from '../../machines/fleet-news.ts';
import type { RegistryParts } from '../registry/registry-parts.ts';
import type { Keys } from './keys.ts';
import type { StoreLine } from './store-line.ts';

/** The settings of a membership, checked and complete. Durations are in ms. */
export interface FleetSettings {
  readonly namespace: string;
  readonly member: string;
  readonly minVotes: number;
  readonly share: number;
  readonly deadlineMs: number;
  readonly pollMs: number;
  readonly isShared: (tool: string) => boolean;
}

/** What all parts of a membership work with. */
export interface FleetParts {
  readonly registry: RegistryParts;
  readonly settings: FleetSettings;
  readonly keys: Keys;
  readonly line: StoreLine;
  /** Tells the registry's listeners. */
  readonly tell: (news: FleetNews) => void;
}
