import { contextWith } from '../../machines/circuit-context.ts';
import { registryContextWith } from '../../machines/registry-context.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import { type ToolRegistrySnapshot, toolRegistryMachine } from '../../machines/tool-registry.ts';
import { CompiledChart } from './compiled-chart.ts';

export const circuitChart = new CompiledChart<ToolCircuitSnapshot>(toolCircuitMachine, contextWith);

export const registryChart = new CompiledChart<ToolRegistrySnapshot>(
  toolRegistryMachine,
  registryContextWith,
);
