export type {
  AgentRunRef,
  AgentRunState,
  BackoffFunction,
  CallOutcome,
  CategoryInfo,
  CircuitConfig,
  CircuitState,
  CountWindowOptions,
  ErrorCategory,
  FleetNews,
  FleetOrder,
  FleetState,
  Jitter,
  Loop,
  LoopKind,
  RateLimits,
  RecoveryConfig,
  RetryAdvice,
  SpareReason,
  TimeWindowOptions,
  ToolCircuitEvent,
  ToolCircuitRef,
  ToolCircuitSnapshot,
  ToolRegistryEmitted,
  ToolRegistryRef,
  ToolRegistrySnapshot,
  TripStrategy,
} from '../machines/index.ts';
export {
  consecutiveFailures,
  countWindow,
  errorCategories,
  errorCategoryNames,
  isErrorCategory,
  timeWindow,
} from '../machines/index.ts';
export type { CallContext } from './calls/call.ts';
export type { CallTarget } from './calls/call-keys.ts';
export type {
  CallAnswer,
  CallNeeds,
  CircuitNeeds,
  ExecuteOptions,
  FailureVerdict,
  RunOfCall,
  WrapOptions,
} from './calls/call-options.ts';
export { CircuitOpenError } from './calls/circuit-open-error.ts';
export type { Denial, DenialKind, DenialReason } from './calls/denial.ts';
export type { ModelAnswer } from './calls/denial-words.ts';
export type { AgentRun, RunDiagnostics } from './calls/loops/agent-run.ts';
export type { Correction } from './calls/loops/loop-words.ts';
export type { FailureOptions, Permit, ReleaseOptions } from './calls/permit.ts';
export type { CallEnd, CallStep, PassingCall } from './calls/steps/call-step.ts';
export type { Guarded } from './calls/wrap.ts';
export type { FleetCounts } from './circuits/membership.ts';
export type { Mode } from './circuits/modes.ts';
export { RegistryStoppedError } from './circuits/registry-stopped-error.ts';
export { type CategorizeOptions, categorize } from './classify/categorize.ts';
export { type PersistedCircuit, type PersistedRegistry, RestoreError } from './persistence/persisted.ts';
export {
  type CallRecord,
  type RecordOptions,
  type RecordStream,
  recordCalls,
} from './record/record-calls.ts';
export type { LoopOptions } from './registry/loop-options.ts';
export type {
  AvailableToolsOptions,
  CircuitChoice,
  IsolateOptions,
  OrderOptions,
  UntilReadyOptions,
} from './registry/method-options.ts';
export { createToolRegistry, type ToolRegistry } from './registry/registry.ts';
export type { ToolRegistryOptions } from './registry/registry-options.ts';
export type { RegistrySnapshot } from './registry/registry-views.ts';
export type { ToolConfig } from './registry/tool-options.ts';
export type { CallCounts, Latency } from './telemetry/call-stats.ts';
export type { CallReport } from './telemetry/channels.ts';
export type { LoopMetrics } from './telemetry/loop-counts.ts';
export type { ErrorPattern, RecentError } from './telemetry/recent-errors.ts';
export { type Clock, systemClock } from './time/clock.ts';
export type { Availability } from './views/availability.ts';
export type { FleetDiagnostics, ToolDiagnostics } from './views/diagnostics.ts';
export type { RegistryMetrics, ToolMetrics } from './views/metrics.ts';
export type { Recovery } from './views/recovery.ts';
