import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { categoryOfCloseCode } from './close-code.ts';
import { categoryOfGrpcCode } from './grpc-code.ts';
import { categoryOfMongoCode } from './mongo-code.ts';
import { isObject, read, readName } from './read.ts';
import { categoryOfFtpReply, categoryOfSmtpReply } from './reply-code.ts';

/** One protocol's numbers: what stands beside such a number, where it is, and what it means. */
interface Domain {
  readonly owns: (error: unknown, code: number) => boolean;
  readonly categoryOf: (code: number) => ErrorCategory | undefined;
}

const grpc: Domain = {
  owns: (error, code) =>
    code >= 0 &&
    code <= 16 &&
    isObject(read(error, 'metadata')) &&
    (read(error, 'details') !== undefined || read(error, 'rawMessage') !== undefined),
  categoryOf: categoryOfGrpcCode,
};

const mongo: Domain = {
  owns: (error) =>
    typeof read(error, 'codeName') === 'string' || classNames(error).some((name) => name.startsWith('Mongo')),
  categoryOf: categoryOfMongoCode,
};

const ftp: Domain = {
  owns: (error) => classNames(error).includes('FTPError'),
  categoryOf: categoryOfFtpReply,
};

const webSocket: Domain = {
  owns: (error, code) => code >= 1_000 && code < 5_000 && typeof read(error, 'wasClean') === 'boolean',
  categoryOf: categoryOfCloseCode,
};

const domains: readonly Domain[] = [grpc, mongo, ftp, webSocket];

function domainOf(error: unknown): Domain | undefined {
  const code = read(error, 'code');
  return typeof code === 'number' ? domains.find(({ owns }) => owns(error, code)) : undefined;
}

/** Whether the error's `code` is a number of a protocol of its own: neither an HTTP status nor an exit code. */
export function hasForeignNumber(error: unknown): boolean {
  return domainOf(error) !== undefined;
}

/**
 * The category of a number, read by the table of the protocol that it comes from. Mail servers' replies have a field of
 * their own.
 */
export function byNumber(error: unknown): ErrorCategory | undefined {
  const code = read(error, 'code');
  if (typeof code === 'number') return domainOf(error)?.categoryOf(code);
  const reply = mailReplyOf(error);
  return reply === undefined ? undefined : categoryOfSmtpReply(reply);
}

/** The reply of a mail server, which nodemailer keeps beside the command that it answers. */
export function mailReplyOf(error: unknown): number | undefined {
  const reply = read(error, 'responseCode');
  return typeof reply === 'number' && readName(error, 'command') !== undefined ? reply : undefined;
}
