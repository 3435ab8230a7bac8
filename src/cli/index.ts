#!/usr/bin/env node
import { EarlyServer } from '../proxy/server/early-server.ts';
import { keepCompiledCode } from './compile-cache.ts';

const [command, separator, ...server] = process.argv.slice(2);
// Without a flag and a variable, there is nothing to be read before the server of `toolfuse mcp -- COMMAND` can start. Even the
// options take a while to load.
const isPlain = command === 'mcp' && separator === '--' && !/TOOLFUSE_/.test(Object.keys(process.env).join());
const early = isPlain ? EarlyServer.start({ command: server }) : undefined;
keepCompiledCode();
void import('./commands.ts').then(({ runCommand }) => runCommand(process.argv.slice(2), early));
