/** The variables by which Claude Code asks a model on this machine, and nobody else. */
export const claudeCodeEnvironment = (model: string): Readonly<Record<string, string>> => ({
  ANTHROPIC_BASE_URL: model,
  ANTHROPIC_API_KEY: 'none',
  // Else the model has to search for the tools of servers first.
  ENABLE_TOOL_SEARCH: 'false',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
});
