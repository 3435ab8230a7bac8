/** The error of a call that a stopped registry refused, or that was in flight when the registry stopped. */
export class RegistryStoppedError extends Error {
  override readonly name = 'RegistryStoppedError';
  readonly code = 'ERR_REGISTRY_STOPPED';
  readonly tool: string;

  constructor(tool: string) {
    super(`the registry of the tool ${JSON.stringify(tool)} has stopped`);
    this.tool = tool;
  }
}
