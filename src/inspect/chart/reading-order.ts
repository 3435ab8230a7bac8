import { type ChartPlan, lineage, type PlannedState } from './plan.ts';

/**
 * The states in the order in which transitions reach them from the initial one, each state before its children. Lines against
 * this order are drawn upwards, so it decides which state is above which.
 */
export function readingOrder({ states, edges }: ChartPlan): ReadonlyMap<string, number> {
  const order = new Map<string, number>();
  const visited = new Set<string>();
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);

  const inside = new Map<string | null, PlannedState[]>();
  for (const state of states.values()) inside.set(state.parent, [...(inside.get(state.parent) ?? []), state]);

  const visit = (id: string): void => {
    if (visited.has(id)) return;
    visited.add(id);
    for (const each of [...lineage(id)].reverse()) if (!order.has(each)) order.set(each, order.size);
    const children = inside.get(id) ?? [];
    for (const child of children) if (child.kind === 'any') order.set(child.id, order.size);
    for (const child of children) if (child.isInitial) visit(child.id);
    for (const target of targets.get(id) ?? []) visit(target);
    for (const child of children) visit(child.id);
  };
  visit('');
  return order;
}
