export {
  type AgentRunContext,
  type AgentRunEvent,
  type AgentRunInput,
  type AgentRunRef,
  type AgentRunSnapshot,
  type AgentRunState,
  agentRunMachine,
} from './agent-run.ts';
export { type BackoffFunction, type Jitter, jitters } from './backoff.ts';
export {
  type CategoryInfo,
  type ErrorCategory,
  errorCategories,
  errorCategoryNames,
  isCounted,
  isErrorCategory,
  type RetryAdvice,
} from './categories.ts';
export { type CircuitConfig, circuitConfig, defaultCircuitConfig } from './circuit-config.ts';
export {
  backoffLeftMs,
  initialContext,
  type PermitStamp,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolCircuitInput,
} from './circuit-context.ts';
export { circuitName } from './circuit-name.ts';
export { type CircuitState, countsAsOpen } from './circuit-state.ts';
export { type CountWindowOptions, countWindow } from './count-window.ts';
export {
  type FleetMemberContext,
  type FleetMemberEmitted,
  type FleetMemberEvent,
  type FleetMemberInput,
  type FleetMemberRef,
  type FleetMemberSnapshot,
  fleetMemberMachine,
} from './fleet-member.ts';
export type { FleetNews, FleetOrder, FleetState } from './fleet-news.ts';
export type { FleetEvent, FleetVerdict, Lease } from './fleet-verdict.ts';
export { defaultLoopConfig, type LoopConfig, loopConfig } from './loop-config.ts';
export type { AskedCall, EndedCall, Loop, LoopKind, LoopMemory } from './loop-memory.ts';
export type { RateLimits } from './rates.ts';
export { defaultRecoveryConfig, type RecoveryConfig, recoveryConfig } from './recovery-config.ts';
export type { ToolRegistryContext, ToolRegistryInput } from './registry-context.ts';
export type { ForgottenCircuit, ToolRegistryEmitted, ToolRegistryEvent } from './registry-events.ts';
export type {
  CallSpared,
  CircuitBegan,
  CircuitChanged,
  LoopEnded,
  LoopReport,
  RequestDenied,
  SpareReason,
  TripSpared,
} from './reports.ts';
export { type TimeWindowOptions, timeWindow } from './time-window.ts';
export { type ToolCircuitRef, type ToolCircuitSnapshot, toolCircuitMachine } from './tool-circuit.ts';
export { type ToolRegistryRef, type ToolRegistrySnapshot, toolRegistryMachine } from './tool-registry.ts';
export { type CallOutcome, consecutiveFailures, type TripStrategy } from './trip-strategy.ts';
