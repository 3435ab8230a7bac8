export type {
  CategoryInfo,
  CircuitConfig,
  CircuitState,
  ErrorCategory,
  RecoveryConfig,
  RetryAdvice,
  ToolCircuitEvent,
  ToolCircuitRef,
  ToolCircuitSnapshot,
  ToolRegistryEmitted,
  ToolRegistryRef,
  ToolRegistrySnapshot,
} from '../machines/index.ts';
export { errorCategories, errorCategoryNames, isErrorCategory } from '../machines/index.ts';
export type { CallContext, ExecuteOptions } from './call.ts';
export { CircuitOpenError } from './circuit-open-error.ts';
export { type CategorizeOptions, categorize } from './classify.ts';
export { type Clock, systemClock } from './clock.ts';
export type { ToolConfig } from './config.ts';
export type { Denial, DenialKind, DenialReason, ModelAnswer } from './denial.ts';
export type { ToolDiagnostics } from './diagnostics.ts';
export type { Permit } from './permit.ts';
export { type PersistedCircuit, type PersistedRegistry, RestoreError } from './persist.ts';
export {
  createToolRegistry,
  type RegistryMetrics,
  type RegistrySnapshot,
  type ToolRegistry,
  type ToolRegistryOptions,
} from './registry.ts';
