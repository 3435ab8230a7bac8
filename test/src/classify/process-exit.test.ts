import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

const message = 'Command failed: curl http://example.test\nHTTP 503, connection timed out';
const withFields = (fields: object) => Object.assign(new Error(message), fields);

describe('the exit code of a process', () => {
  it.each([
    ['a bare code', { code: 1 }],
    ['a code like that of a DOMException', { code: 23 }],
    ['exec', { code: 127, killed: false, signal: null, cmd: 'curl' }],
    ['exec, killed by somebody else', { code: null, killed: false, signal: 'SIGKILL', cmd: 'curl' }],
    ['exec on Windows', { code: 503, killed: false, signal: null, cmd: 'curl' }],
    ['execSync', { status: 1, pid: 4242, stderr: Buffer.from('timed out') }],
    ['execSync on Windows', { status: 404, pid: 4242, stderr: Buffer.from('timed out') }],
    ['execa', { exitCode: 1, stderr: 'timed out', timedOut: false, isCanceled: false }],
    ['zx', { exitCode: 404, stderr: 'timed out' }],
  ])('is executionError, whatever the command wrote: %s', (_shape, fields) => {
    expect(categorize(withFields(fields))).toBe('executionError');
  });

  it('leaves room for what the wrapper knows better', () => {
    expect(categorize(withFields({ exitCode: 143, timedOut: true }))).toBe('timeout');
    expect(categorize(withFields({ exitCode: 143, timedOut: false, isCanceled: true }))).toBe('cancelled');
    expect(categorize(withFields({ cmd: 'sleep', code: 'ETIMEDOUT' }))).toBe('timeout');
    expect(categorize(withFields({ cmd: 'rg', code: 'ENOENT', syscall: 'spawn rg' }))).toBe('toolNotFound');
  });

  it('is a timeout where Node killed the program, as execFile does at its own time limit', () => {
    const killed = { code: null, killed: true, signal: 'SIGTERM', cmd: 'curl' };
    expect(categorize(withFields(killed))).toBe('timeout');
    const tooMuch = { ...killed, code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER', signal: undefined };
    expect(categorize(withFields(tooMuch))).toBe('executionError');
  });

  it.each([
    ['killed by Node for what it wrote', { code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER', signal: 'SIGTERM' }],
    ['killed by nobody knows what', { code: null, signal: null }],
    ['killed and ended all the same', { code: 1, signal: 'SIGTERM' }],
  ])('is no timeout: %s', (_how, fields) => {
    expect(categorize(withFields({ cmd: 'curl', killed: true, ...fields }))).toBe('executionError');
  });

  it.each([
    ['a number above 255', { code: 256 }],
    ['the process that it stands for, and no more', { pid: 4_242 }],
    ['what was written, and no more', { stderr: 'x' }],
  ])('is not %s: the words count', (_what, fields) => {
    expect(categorize(Object.assign(new Error('connection timed out'), fields))).toBe('timeout');
  });

  it('goes to 255', () => {
    expect(categorize(withFields({ code: 255 }))).toBe('executionError');
  });

  it('is needed for what execa says beside it', () => {
    expect(categorize(Object.assign(new Error('it broke'), { timedOut: true }))).toBe('executionError');
    expect(categorize(Object.assign(new Error('it broke'), { isCanceled: true }))).toBe('executionError');
  });

  it('does not hide the cause', () => {
    const cause = Object.assign(new Error('x'), { code: 'EACCES' });
    expect(categorize(Object.assign(withFields({ exitCode: 1 }), { cause }))).toBe('permissionDenied');
  });
});
