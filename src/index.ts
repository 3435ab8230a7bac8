export type {
  BackoffFunction,
  CallOutcome,
  CategoryInfo,
  CircuitConfig,
  CircuitState,
  CountWindowOptions,
  ErrorCategory,
  Jitter,
  RateLimits,
  RecoveryConfig,
  RetryAdvice,
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
export type { CallContext, ExecuteOptions } from './call.ts';
export type { CallCounts, Latency } from './call-stats.ts';
export type { CallReport } from './channels.ts';
export { CircuitOpenError } from './circuit-open-error.ts';
export { type CategorizeOptions, categorize } from './classify.ts';
export { type Clock, systemClock } from './clock.ts';
export type { ToolConfig } from './config.ts';
export type { Denial, DenialKind, DenialReason, ModelAnswer } from './denial.ts';
export type { ToolDiagnostics } from './diagnostics.ts';
export type { RegistryMetrics, ToolMetrics } from './metrics.ts';
export type { FailureOptions, Permit } from './permit.ts';
export { type PersistedCircuit, type PersistedRegistry, RestoreError } from './persist.ts';
export type { ErrorPattern, RecentError } from './recent-errors.ts';
export type { Recovery } from './recovery.ts';
export {
  createToolRegistry,
  type RegistrySnapshot,
  type ToolRegistry,
  type ToolRegistryOptions,
} from './registry.ts';
