import { createMachine, initialTransition, type MachineSnapshot } from 'xstate';

// biome-ignore lint/suspicious/noExplicitAny: snapshots of any machine are accepted.
type AnySnapshot = MachineSnapshot<any, any, any, any, any, any, any, any>;

/** The fields of a machine's snapshot, in the order in which XState creates them. */
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

/** Whether the installed XState creates snapshots with exactly these fields. */
const isKnownShape = Object.keys(initialTransition(createMachine({}))[0]).join() === fields.join();

/**
 * A copy of a snapshot with another context. Copying field by field is ten times faster than spreading; if the installed
 * XState has other fields, the snapshot is spread.
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
