import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import type { FleetOrder } from '../../machines/fleet-news.ts';

/** A verdict of a fleet, as it is written in its store. Instants are in ms of the server's clock. */
export interface VerdictChange {
  readonly kind: 'verdict';
  /** The hash of the tool's name. */
  readonly id: string;
  /** The tool's name, or the beginning of it. */
  readonly name: string;
  readonly epoch: number;
  readonly isOpen: boolean;
  /** When it was written, until when nobody probes, and when it is void because nobody has asked about it any more. */
  readonly at: number;
  readonly until: number;
  readonly gone: number;
  readonly category: ErrorCategory | null;
  /** The member on whose word alone it is open; null if several members say so. */
  readonly sole: string | null;
}

/** An operator's order to all members, as it is written in the store. */
export interface OrderChange {
  readonly kind: 'order';
  readonly id: string;
  readonly name: string;
  /** The tool, or the beginning of its name, and the target or tenant that its circuit is for. */
  readonly tool: string;
  readonly key: string | null;
  readonly order: FleetOrder;
  readonly at: number;
  /** When it ends, in ms of the server's clock; 0 if it has no end. */
  readonly until: number;
}

export type Change = VerdictChange | OrderChange;

const orders: readonly FleetOrder[] = ['isolate', 'disable', 'release', 'close'];

/** Reads what a store says has changed. What cannot be read is undefined: another version may have written it. */
export function readChange(text: unknown): Change | undefined {
  try {
    const { id, name, tool, key, order, epoch, state, at, until, gone, category, sole } = JSON.parse(
      String(text),
    );
    if (typeof id !== 'string' || typeof name !== 'string') return undefined;
    if (!Number.isFinite(at) || !Number.isFinite(until)) return undefined;
    if (order !== undefined) {
      if (!orders.includes(order) || typeof tool !== 'string') return undefined;
      const ofKey = typeof key === 'string' && key !== '' ? key : null;
      return { kind: 'order', id, name, tool, key: ofKey, order, at, until };
    }
    if (!Number.isFinite(epoch) || !Number.isFinite(gone)) return undefined;
    const isOpen = state === 'open';
    const known = isErrorCategory(category) ? category : null;
    const by = typeof sole === 'string' && sole !== '' ? sole : null;
    return { kind: 'verdict', id, name, epoch, isOpen, at, until, gone, category: known, sole: by };
  } catch {
    return undefined;
  }
}
