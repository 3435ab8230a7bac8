/** Installs the official conformance suite of MCP for the tests, unless it is there. */
import { install } from './conformance/suite.ts';

try {
  install();
} catch (error) {
  console.error(`The conformance suite cannot be installed: ${(error as Error).message}`);
  console.log('NO conformance suite: its tests are skipped.');
}
