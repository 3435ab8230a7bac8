import { createMachine, initialTransition, type MachineSnapshot } from 'xstate';

// biome-ignore lint/suspicious/noExplicitAny: of any machine.
type AnySnapshot = MachineSnapshot<any, any, any, any, any, any, any, any>;

/** The fields of a machine's snapshot, in the order in which XState makes them. */
const fields = [
  'status',
  'output',
  'error',
  'machine',
  'context',
  '_nodes',
  'value',
  'tags',
  'children',
  'historyValue',
  'matches',
  'hasTag',
  'can',
  'getMeta',
  'toJSON',
];

/** Whether the XState at hand makes its snapshots of these fields, and of no others. */
const isKnownShape = Object.keys(initialTransition(createMachine({}))[0]).join() === fields.join();

/**
 * A snapshot that knows something else. Field by field, which is ten times as fast as a spread of what was itself
 * spread, unless the XState at hand has other fields than these.
 */
export function withContext<Snapshot extends AnySnapshot>(
  snapshot: Snapshot,
  context: Snapshot['context'],
): Snapshot {
  if (!isKnownShape) return { ...snapshot, context };
  return {
    status: snapshot.status,
    output: snapshot.output,
    error: snapshot.error,
    machine: snapshot.machine,
    context,
    _nodes: snapshot._nodes,
    value: snapshot.value,
    tags: snapshot.tags,
    children: snapshot.children,
    historyValue: snapshot.historyValue,
    matches: snapshot.matches,
    hasTag: snapshot.hasTag,
    can: snapshot.can,
    getMeta: snapshot.getMeta,
    toJSON: snapshot.toJSON,
  } as AnySnapshot as Snapshot;
}
