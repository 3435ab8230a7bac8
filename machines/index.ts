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
export { type CircuitState, countsAsOpen } from './circuit-state.ts';
export { defaultRecoveryConfig, type RecoveryConfig, recoveryConfig } from './recovery-config.ts';
export type { CircuitBegan, CircuitChanged, RequestDenied } from './reports.ts';
export {
  backoffLeftMs,
  initialContext,
  type PermitStamp,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolCircuitInput,
  type ToolCircuitRef,
  type ToolCircuitSnapshot,
  toolCircuitMachine,
} from './tool-circuit.ts';
export {
  type ForgottenCircuit,
  type ToolRegistryContext,
  type ToolRegistryEmitted,
  type ToolRegistryEvent,
  type ToolRegistryInput,
  type ToolRegistryRef,
  type ToolRegistrySnapshot,
  toolRegistryMachine,
} from './tool-registry.ts';
